"""Sessions and clients that are made once -> async clients that live as long."""

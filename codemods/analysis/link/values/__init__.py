"""What lists, dictionaries, texts and data hold, and what comes out of them."""

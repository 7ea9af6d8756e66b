"""Classes of the project: bases, methods, attributes, and what runs when an object is made."""

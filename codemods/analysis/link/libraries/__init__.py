"""What libraries give and are given: rows, relationships, injection, response models, fixtures."""

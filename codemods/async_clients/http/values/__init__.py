"""What the values are that go along with a request: parameters, headers, forms, URLs."""

"""The page of `report --html`."""

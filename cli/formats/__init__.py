"""How findings and changes are printed: text for people, formats for other tools."""

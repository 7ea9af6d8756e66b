"""Client objects: where each is made, how it goes through the program, and where it is made anew."""

"""What is kept between two runs, in the user's cache folder."""

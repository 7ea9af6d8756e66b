"""What calls on a client give that waits itself: sessions, transactions, results, and what these give."""

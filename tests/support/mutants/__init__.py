"""Small faults put into the tool's own functions, one at a time: is there a test that sees each?"""

"""Personal data, one type a file: AWS's 31 types under AWS's names, and four more that other products look for."""

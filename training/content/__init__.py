"""Train, quantise, calibrate and measure the linear content model that ringwall ships (level 0 of the watch room)."""

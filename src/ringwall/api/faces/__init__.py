"""The wires that requests arrive on: AWS's protocols and ringwall's own JSON, each turning bytes into an operation's input and back."""

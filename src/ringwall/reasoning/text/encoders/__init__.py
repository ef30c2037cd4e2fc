"""Obfuscation classes that a finite-state transducer can write, one file each; `registry` lists them all."""

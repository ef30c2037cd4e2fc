"""Build the optional C extensions: without a compiler the install goes on and the Python interpreters run."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "ringwall.text._interpreter",
            sources=["src/ringwall/text/_interpreter.c"],
            depends=[
                f"src/ringwall/text/_interpreter_{part}.h"
                for part in ("shortcuts", "phases", "blocks", "jobs", "decode", "scan", "changes", "lattice", "words", "quiet", "begun")
            ],
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            extra_compile_args=["-O2", "-std=c11"],
            py_limited_api=True,
            optional=True,
        ),
        Extension(
            "ringwall.watch._hashing",
            sources=["src/ringwall/watch/_hashing.c"],
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            extra_compile_args=["-O2", "-std=c11"],
            py_limited_api=True,
            optional=True,
        ),
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)

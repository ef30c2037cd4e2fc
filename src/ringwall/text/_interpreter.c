/* The C interpreter of ringwall's automaton tables (abi3). */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_interpreter", 0, -1, 0, 0, 0, 0, 0};
PyMODINIT_FUNC PyInit__interpreter(void) { return PyModule_Create(&module); }

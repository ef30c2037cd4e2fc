/* Hashed n-grams of one window: the same buckets and the same integer sums as `features.py`, fast.
 *
 * The input is the normalised body that `features.normalise` makes: lower case UTF-8, words separated by single spaces (0x20).
 *   - word grams: runs of [0-9a-z'] and bytes >= 0x80, alone and in neighbouring pairs joined by one space;
 *   - character grams: 3 to 5 code points inside one space-separated token, which carries a space before and after it.
 * A gram's bucket is the top `bits` bits of CRC-32(gram) * 0x9E3779B1 modulo 2^32. Every bucket counts once per window.
 *
 * No state, no globals that change: calls may run on any number of threads; the GIL is released while scanning.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_HEADS 16
#define MAX_BITS 24
#define SHORTEST 3
#define LONGEST 5
#define MIX 0x9E3779B1u

static uint32_t crc_table[256];
static uint8_t word_byte[256];

static void make_tables(void) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t c = n;
        for (int k = 0; k < 8; k++) c = (c & 1) ? 0xEDB88320u ^ (c >> 1) : c >> 1;
        crc_table[n] = c;
        word_byte[n] = (n >= '0' && n <= '9') || (n >= 'a' && n <= 'z') || n == '\'' || n >= 0x80;
    }
}

static inline uint32_t crc_step(uint32_t c, uint8_t byte) { return crc_table[(c ^ byte) & 0xFF] ^ (c >> 8); }

static inline uint32_t bucket_of(uint32_t c, int bits) { return ((c ^ 0xFFFFFFFFu) * MIX) >> (32 - bits); }

/* The distinct buckets of one table, in order of first appearance. */
typedef struct {
    int bits;
    uint8_t *seen;
    uint32_t *items;
    size_t count, room;
    int failed;
} buckets_t;

static int buckets_open(buckets_t *b, int bits, size_t room) {
    b->bits = bits;
    b->count = 0;
    b->room = room ? room : 1;
    b->failed = 0;
    b->seen = calloc(((size_t)1 << bits) / 8, 1);
    b->items = malloc(b->room * sizeof(uint32_t));
    return b->seen != NULL && b->items != NULL;
}

static void buckets_close(buckets_t *b) {
    free(b->seen);
    free(b->items);
}

static inline void buckets_add(buckets_t *b, uint32_t c) {
    uint32_t k = bucket_of(c, b->bits);
    uint8_t bit = (uint8_t)(1u << (k & 7));
    if (b->seen[k >> 3] & bit) return;
    b->seen[k >> 3] |= bit;
    if (b->count == b->room) { /* cannot happen: `room` bounds the number of grams; kept so that a mistake refuses, not corrupts */
        b->failed = 1;
        return;
    }
    b->items[b->count++] = k;
}

static void scan_words(const uint8_t *p, size_t n, buckets_t *out) {
    uint32_t pair = 0;
    int have_pair = 0;
    size_t i = 0;
    while (i < n) {
        if (!word_byte[p[i]]) {
            i++;
            continue;
        }
        uint32_t one = 0xFFFFFFFFu;
        for (; i < n && word_byte[p[i]]; i++) {
            one = crc_step(one, p[i]);
            if (have_pair) pair = crc_step(pair, p[i]);
        }
        buckets_add(out, one);
        if (have_pair) buckets_add(out, pair);
        pair = crc_step(one, ' ');
        have_pair = 1;
    }
}

/* One byte of the token with its two spaces: position 0 and len + 1 are the spaces. */
static inline uint8_t padded(const uint8_t *t, size_t len, size_t i) { return (i == 0 || i > len) ? ' ' : t[i - 1]; }

static inline int starts_character(uint8_t byte) { return (byte & 0xC0) != 0x80; }

static void scan_token(const uint8_t *t, size_t len, buckets_t *out) {
    size_t end = len + 2;
    for (size_t start = 0; start < end; start++) {
        if (!starts_character(padded(t, len, start))) continue;
        uint32_t c = 0xFFFFFFFFu;
        size_t i = start;
        for (int characters = 1; characters <= LONGEST && i < end; characters++) {
            do {
                c = crc_step(c, padded(t, len, i));
                i++;
            } while (i < end && !starts_character(padded(t, len, i)));
            if (characters >= SHORTEST) buckets_add(out, c);
        }
    }
}

static void scan_characters(const uint8_t *p, size_t n, buckets_t *out) {
    size_t i = 0;
    while (i < n) {
        if (p[i] == ' ') {
            i++;
            continue;
        }
        size_t from = i;
        while (i < n && p[i] != ' ') i++;
        scan_token(p + from, i - from, out);
    }
}

/* Bounds: at most n words and n pairs; each padded byte starts at most three grams, and padding adds two bytes to each of <= n tokens. */
static int scan(const uint8_t *p, size_t n, buckets_t *words, int word_bits, buckets_t *characters, int character_bits) {
    memset(words, 0, sizeof *words);
    memset(characters, 0, sizeof *characters);
    if (!buckets_open(words, word_bits, 2 * n) || !buckets_open(characters, character_bits, 9 * n)) return 0;
    scan_words(p, n, words);
    scan_characters(p, n, characters);
    return !words->failed && !characters->failed;
}

static void add_rows(const buckets_t *b, const int8_t *table, int heads, int64_t *sums) {
    int32_t part[MAX_HEADS] = {0};
    for (size_t i = 0; i < b->count; i++) {
        const int8_t *row = table + (size_t)b->items[i] * (size_t)heads;
        for (int h = 0; h < heads; h++) part[h] += row[h];
        if ((i & 0xFFFFF) == 0xFFFFF) { /* 2^20 rows of int8 fit an int32; then fold */
            for (int h = 0; h < heads; h++) { sums[h] += part[h]; part[h] = 0; }
        }
    }
    for (int h = 0; h < heads; h++) sums[h] += part[h];
}

static int bits_ok(int word_bits, int character_bits) {
    if (word_bits < 3 || word_bits > MAX_BITS || character_bits < 3 || character_bits > MAX_BITS) {
        PyErr_SetString(PyExc_ValueError, "table bits must be 3..24");
        return 0;
    }
    return 1;
}

static PyObject *sums_of(const int64_t *sums, int heads) {
    PyObject *out = PyTuple_New(heads);
    for (int h = 0; out != NULL && h < heads; h++) {
        PyObject *value = PyLong_FromLongLong(sums[h]);
        if (value == NULL || PyTuple_SetItem(out, h, value) < 0) Py_CLEAR(out);
    }
    return out;
}

static PyObject *accumulate(PyObject *self, PyObject *args) {
    Py_buffer body, word_table, character_table;
    int heads, word_bits, character_bits;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*iii", &body, &word_table, &character_table, &heads, &word_bits, &character_bits)) return NULL;
    PyObject *result = NULL;
    buckets_t words = {0}, characters = {0};
    int64_t word_sums[MAX_HEADS] = {0}, character_sums[MAX_HEADS] = {0};
    if (!bits_ok(word_bits, character_bits)) goto done;
    if (heads < 1 || heads > MAX_HEADS || word_table.len != ((Py_ssize_t)heads << word_bits) ||
        character_table.len != ((Py_ssize_t)heads << character_bits)) {
        PyErr_SetString(PyExc_ValueError, "table sizes do not match heads and bits");
        goto done;
    }
    int ok;
    Py_BEGIN_ALLOW_THREADS
    ok = scan(body.buf, (size_t)body.len, &words, word_bits, &characters, character_bits);
    if (ok) {
        add_rows(&words, word_table.buf, heads, word_sums);
        add_rows(&characters, character_table.buf, heads, character_sums);
    }
    Py_END_ALLOW_THREADS
    if (!ok) {
        PyErr_NoMemory();
        goto done;
    }
    PyObject *first = sums_of(word_sums, heads), *second = sums_of(character_sums, heads);
    if (first != NULL && second != NULL)
        result = Py_BuildValue("(nOnO)", (Py_ssize_t)words.count, first, (Py_ssize_t)characters.count, second);
    Py_XDECREF(first);
    Py_XDECREF(second);
done:
    buckets_close(&words);
    buckets_close(&characters);
    PyBuffer_Release(&body);
    PyBuffer_Release(&word_table);
    PyBuffer_Release(&character_table);
    return result;
}

static PyObject *buckets(PyObject *self, PyObject *args) {
    Py_buffer body;
    int word_bits, character_bits;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*ii", &body, &word_bits, &character_bits)) return NULL;
    PyObject *result = NULL;
    buckets_t words = {0}, characters = {0};
    if (bits_ok(word_bits, character_bits)) {
        int ok;
        Py_BEGIN_ALLOW_THREADS
        ok = scan(body.buf, (size_t)body.len, &words, word_bits, &characters, character_bits);
        Py_END_ALLOW_THREADS
        if (ok)
            result = Py_BuildValue("(y#y#)", (const char *)words.items, (Py_ssize_t)(words.count * sizeof(uint32_t)),
                                   (const char *)characters.items, (Py_ssize_t)(characters.count * sizeof(uint32_t)));
        else
            PyErr_NoMemory();
    }
    buckets_close(&words);
    buckets_close(&characters);
    PyBuffer_Release(&body);
    return result;
}

static PyMethodDef methods[] = {
    {"accumulate", accumulate, METH_VARARGS,
     "accumulate(body, word_table, character_table, heads, word_bits, character_bits) -> (word grams, word sums, character grams, character sums)"},
    {"buckets", buckets, METH_VARARGS, "buckets(body, word_bits, character_bits) -> (word buckets, character buckets) as native uint32 bytes"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_hashing", "Hashed n-grams of one window, and their weight sums.", -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__hashing(void) {
    make_tables();
    return PyModule_Create(&module);
}

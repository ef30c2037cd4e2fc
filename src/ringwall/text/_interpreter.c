/* The C interpreter of ringwall's automaton tables (abi3).
 *
 * It holds no alphabet and no decoder: `tables` takes the arrays that the loader read from tables.bin, checks every index once more (a hostile table may
 * make it refuse, never read outside an array) and keeps a copy; of a phrase table's transitions
 * it keeps the bytes object itself, which nobody can change. The meaning of each function is the Python interpreter's; tests hold the two together.
 * Positions are indices of the text that a function was given. Nothing here touches Python objects while the lock is released.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NONE, BYTES, CODE, COPY, TEXT, BREAK, FAIL, REWIND };
enum { MARK = 1, REFEED = 2, SYMBOL = 4, MARKED = 8, CHANGE = 16 };
enum { OTHER = 128, END = 129, ALPHABET = 130, OP_FIELDS = 11, REJECT = 8, MAX_LANES = 16, MAX_MACHINES = 64, REFEED_LIMIT = 8, DENSE_CHANGES = 4, DENSE_WINDOW = 64, SKIPPED = 255, FEW = 4, GAP = 1, CHARACTER = 2, LEAVES = 4, TABLES_VERSION = 1 };
enum { OK = 0, NO_MEMORY = 1, BAD_TABLE = 2 };
#define ACC_LIMIT ((((uint64_t)1) << 40) - 1)
#define MALFORMED UINT32_MAX
/* For loops over words of bits: as wide as the processor that it runs on allows. */
#if defined(__GLIBC__) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((optimize("O3"), target_clones("avx2", "default")))
#else
#define WIDE
#endif
#define CODE_POINTS 0x110000

/* ---- growable arrays ---- */

typedef struct { uint32_t *data; size_t count, room; } Ints;

static int ints_room(Ints *v, size_t more) {
    if (v->count + more <= v->room) return 1;
    size_t room = v->room ? v->room * 2 : 256;
    while (room < v->count + more) room *= 2;
    uint32_t *data = realloc(v->data, room * sizeof *data);
    if (!data) return 0;
    v->data = data;
    v->room = room;
    return 1;
}

static int ints_push(Ints *v, uint32_t value) {
    if (!ints_room(v, 1)) return 0;
    v->data[v->count++] = value;
    return 1;
}

/* A run: characters and their ranges. */
typedef struct { Ints text, starts, ends; } Run;

static void run_free(Run *r) { free(r->text.data); free(r->starts.data); free(r->ends.data); }
static void run_clear(Run *r) { r->text.count = r->starts.count = r->ends.count = 0; }
static int run_push(Run *r, uint32_t c, uint32_t start, uint32_t end) {
    return ints_push(&r->text, c) && ints_push(&r->starts, start) && ints_push(&r->ends, end);
}

/* ---- tables ---- */

typedef struct { uint16_t *index; uint32_t *entries, *pool; size_t pages, pool_count; } Fold;

typedef struct { uint32_t next, kind, flags, back, offset, length, count, shift; uint64_t mul, add, keep; } Op;

/* A step of a block code, packed for the fast loop: `shift` and `lift` bring the bytes that it emits to the top of four, which are all written. */
typedef struct { uint64_t keep, add_mul, next_moves; } Fast; /* few loads: `add` over `mul`, and `next` below `shift`, `lift` (a byte each) and the count of bytes */

/* A lane of an earlier machine that emits the same on every text without the symbols of one of two sets. */
typedef struct { int known, machine, lane, count[2]; uint8_t without[2][FEW]; } Twin;

typedef struct {
    int runs, lattice, lanes, fast; /* fast: the packed loop applies */
    uint32_t starts[MAX_LANES];
    uint64_t minimum, run_minimum, minimum_changes;
    uint32_t states, classes_count;
    size_t op_count, text_count;
    uint8_t classes[256], alphabet[128], counts[256]; /* counts: per class, whether it counts for `back` */
    uint8_t members[128]; /* the symbols of the alphabet, `member_count` of them */
    int member_count;
    int turn, bits; /* the first `turn` lanes read the same symbols, each at its own phase, of `bits` bits each; 0: none do */
    uint32_t radix; /* where they are digits of this radix instead, `turn` to a group of four bytes; 0: they are not */
    uint8_t worth[256]; /* per symbol, what it adds, or SKIPPED */
    int token_lane; /* the lane that reads the same code afresh behind every symbol that the phases skip; 0: there is none */
    Twin twins[MAX_LANES];
    int breaks;         /* whether runs end at symbols of tally 0, and need `minimum` of tally 2 */
    uint8_t tally[256]; /* per symbol */
    int32_t *dull;      /* NULL: not looked for */
    int by_two;         /* whether three dull states, `parts`, depend on the last two symbols (find_states_by_two) */
    uint32_t parts[3];
    uint8_t part[256]; /* per symbol */
    uint16_t *transitions;
    Op *ops;
    Fast *packed;
    uint32_t *texts;
    uint32_t readings; /* bit set */
} Machine;

typedef struct {
    uint64_t number; /* no other tables of this process have it */
    Fold folds[3]; /* characters, letters, specks */
    int machine_count, alphabet_count, reading_count;
    Machine machines[MAX_MACHINES];
    uint8_t *maps, *columns; /* per alphabet 128 and 256 entries */
    uint8_t kinds[256];      /* symbols in 32 kinds: those that some alphabet turns are each one */
    uint32_t *kinds_of;      /* per alphabet and column, the kinds that hold a symbol of it; NULL: there are too many */
    uint8_t plain[128]; /* the symbol of an ASCII character under the `letters` fold; SKIPPED where it makes none or several */
    uint8_t seen[256];  /* of a byte that is a character: 0 if that is invisible, 3 if a letter, 1 otherwise; SKIPPED for other bytes */
    uint8_t symbols[128], utf8[8 * 256], leads[256];
    uint32_t symbol_count, column_count, first_leet, marker;
    uint8_t reading_alphabet[32], reading_backwards[32];
} Tables;

static void tables_free(Tables *t) {
    if (!t) return;
    for (int i = 0; i < 3; i++) { free(t->folds[i].index); free(t->folds[i].entries); free(t->folds[i].pool); }
    for (int i = 0; i < MAX_MACHINES; i++) {
        free(t->machines[i].transitions); free(t->machines[i].ops); free(t->machines[i].packed); free(t->machines[i].texts); free(t->machines[i].dull);
    }
    free(t->maps);
    free(t->columns);
    free(t->kinds_of);
    free(t);
}

static void tables_destroy(PyObject *capsule) { tables_free(PyCapsule_GetPointer(capsule, "ringwall.tables")); }

/* Copy a buffer of items of `size` bytes; NULL with an exception on failure. */
static void *copied(PyObject *object, size_t size, size_t *count) {
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0) return NULL;
    void *data = malloc(view.len ? (size_t)view.len : 1);
    if (!data || (size_t)view.len % size) {
        free(data);
        data = NULL;
        PyErr_SetString(PyExc_ValueError, "an array has a wrong size");
    } else {
        memcpy(data, view.buf, (size_t)view.len);
        *count = (size_t)view.len / size;
    }
    PyBuffer_Release(&view);
    return data;
}

/* Copy a buffer of exactly `count` bytes into place. */
static int copied_into(PyObject *object, uint8_t *to, size_t count) {
    size_t got = 0;
    uint8_t *data = copied(object, 1, &got);
    if (!data) return 0;
    int right = got == count;
    if (right) memcpy(to, data, count);
    else PyErr_SetString(PyExc_ValueError, "an array has a wrong size");
    free(data);
    return right;
}

static int refuse(const char *what) { PyErr_SetString(PyExc_ValueError, what); return 0; }

static int load_fold(Fold *f, PyObject *item) {
    PyObject *index, *entries, *pool;
    size_t count = 0, entry_count = 0;
    if (!PyArg_ParseTuple(item, "OOO", &index, &entries, &pool)) return 0;
    if (!(f->index = copied(index, 2, &count)) || !(f->entries = copied(entries, 4, &entry_count)) || !(f->pool = copied(pool, 4, &f->pool_count))) return 0;
    if (count != CODE_POINTS / 256 || entry_count % 256) return refuse("a fold has a wrong size");
    f->pages = entry_count / 256;
    for (size_t i = 0; i < count; i++) if (f->index[i] >= f->pages) return refuse("a fold's index is out of bounds");
    for (size_t i = 0; i < entry_count; i++)
        if ((size_t)(f->entries[i] >> 5) + (f->entries[i] & 31) > f->pool_count) return refuse("a fold's entry is out of bounds");
    for (size_t i = 0; i < f->pool_count; i++) if (f->pool[i] >= CODE_POINTS) return refuse("a fold's image is no code point");
    return 1;
}

static int load_op(const Machine *m, const int64_t *row, Op *op) {
    if (row[0] < 0 || row[0] >= m->states || row[1] < 0 || row[1] > REWIND || row[2] < 0 || row[2] > 31) return 0;
    if (row[3] < 0 || row[3] >= 1 << 26 || row[4] < 0 || row[4] > (int64_t)ACC_LIMIT) return 0;
    if (row[6] < 0 || row[6] >= 40 || row[7] < 0 || row[7] > 4 || row[8] < 0 || row[8] > 7) return 0;
    if (row[7] > 1 && row[6] < 8 * (row[7] - 1)) return 0;
    if (row[9] < 0 || row[10] < 0 || row[10] > (int64_t)m->text_count || row[9] > (int64_t)m->text_count - row[10]) return 0;
    *op = (Op){(uint32_t)row[0], (uint32_t)row[1], (uint32_t)row[2], (uint32_t)row[8], (uint32_t)row[9], (uint32_t)row[10],
               (uint32_t)row[7], (uint32_t)row[6], (uint64_t)row[3], (uint64_t)row[4], (uint64_t)row[5]};
    return 1;
}

#include "_interpreter_shortcuts.h"

static int load_machine(const Tables *t, Machine *m, PyObject *item) {
    PyObject *starts, *classes, *alphabet, *transitions, *ops, *texts, *readings;
    unsigned long long minimum, run_minimum, minimum_changes;
    unsigned int states, class_count;
    size_t count = 0, values = 0;
    if (!PyArg_ParseTuple(item, "iiKKKIIOOOOOOO", &m->runs, &m->lattice, &minimum, &run_minimum, &minimum_changes, &states, &class_count, &starts, &classes, &alphabet, &transitions, &ops, &texts, &readings)) return 0;
    if (!states || states > 65535 || !class_count || class_count > ALPHABET || !run_minimum || run_minimum > 64) return refuse("a machine has a wrong size");
    m->minimum = minimum; m->run_minimum = run_minimum; m->minimum_changes = minimum_changes; m->states = states; m->classes_count = class_count;
    memset(m->classes, 0, sizeof m->classes);
    if (!copied_into(classes, m->classes, ALPHABET) || !copied_into(alphabet, m->alphabet, 128)) return 0;
    for (int i = 0; i < ALPHABET; i++) if (m->classes[i] >= class_count) return refuse("a class is out of bounds");
    for (int i = 127; i >= 0; i--) if (m->alphabet[i]) m->members[m->member_count++] = (uint8_t)i; /* letters first: nearly every text has enough of them */
    if (!(m->texts = copied(texts, 4, &m->text_count)) || !(m->transitions = copied(transitions, 2, &count))) return 0;
    for (size_t i = 0; i < m->text_count; i++) if (m->texts[i] >= CODE_POINTS) return refuse("a text holds no code point");
    int64_t *rows = copied(ops, 8, &values);
    if (!rows) return 0;
    m->op_count = values / OP_FIELDS;
    m->ops = calloc(m->op_count ? m->op_count : 1, sizeof *m->ops);
    int right = m->ops && values == m->op_count * OP_FIELDS && count == (size_t)states * class_count;
    for (size_t i = 0; right && i < m->op_count; i++) right = load_op(m, rows + i * OP_FIELDS, &m->ops[i]);
    for (size_t i = 0; right && i < count; i++) right = m->transitions[i] < m->op_count;
    free(rows);
    if (!right) return refuse("a machine's steps are out of bounds");
    Py_ssize_t lanes = PyTuple_Size(starts), reading_count = PyTuple_Size(readings);
    if (lanes < 1 || lanes > MAX_LANES || reading_count < 0) return refuse("a machine has a wrong number of lanes");
    m->lanes = (int)lanes;
    for (int i = 0; i < m->lanes; i++) {
        unsigned long start = PyLong_AsUnsignedLong(PyTuple_GetItem(starts, i));
        if (PyErr_Occurred() || start >= states) return refuse("a start state is out of bounds");
        m->starts[i] = (uint32_t)start;
    }
    for (Py_ssize_t i = 0; i < reading_count; i++) {
        unsigned long reading = PyLong_AsUnsignedLong(PyTuple_GetItem(readings, i));
        if (PyErr_Occurred() || reading >= (unsigned long)t->reading_count) return refuse("a reading is out of bounds");
        m->readings |= 1u << reading;
    }
    find_breaks(m);
    return pack(m) && find_dull(m) ? 1 : refuse("no memory");
}

static int load_readings(Tables *t, PyObject *readings) {
    Py_ssize_t count = PyTuple_Size(readings);
    if (count < 1 || count > 32) return refuse("there are too many readings");
    for (Py_ssize_t i = 0; i < count; i++) {
        int alphabet, backwards;
        if (!PyArg_ParseTuple(PyTuple_GetItem(readings, i), "ip", &alphabet, &backwards)) return 0;
        if (alphabet < 0 || alphabet >= t->alphabet_count) return refuse("a reading's alphabet is out of bounds");
        t->reading_alphabet[i] = (uint8_t)alphabet;
        t->reading_backwards[i] = (uint8_t)backwards;
    }
    t->reading_count = (int)count;
    return 1;
}

/* Sort symbols into kinds, for the filter of phrases. */
static int load_kinds(Tables *t) {
    uint32_t turned = 0, rest = 0;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t symbol = 0; symbol < t->symbol_count; symbol++) {
            int turns = 0;
            for (int a = 1; a < t->alphabet_count; a++) turns |= t->columns[256 * a + (int)symbol] != t->columns[symbol];
            if (turns && !pass) t->kinds[symbol] = (uint8_t)turned++;
            if (!turns && pass) t->kinds[symbol] = (uint8_t)(turned + rest++ % (32 - turned));
            if (turned >= 32) return 1;
        }
    if (t->alphabet_count > 32) return 1;
    if (!(t->kinds_of = calloc((size_t)t->alphabet_count * 256, sizeof *t->kinds_of))) return refuse("no memory");
    for (int a = 0; a < t->alphabet_count; a++)
        for (uint32_t symbol = 0; symbol < t->symbol_count; symbol++) t->kinds_of[a * 256 + t->columns[256 * a + (int)symbol]] |= 1u << t->kinds[symbol];
    return 1;
}

static int load_scan(Tables *t, PyObject *maps, PyObject *columns, PyObject *symbols) {
    size_t map_bytes = 0, column_bytes = 0;
    uint8_t *packed = copied(columns, 1, &column_bytes);
    if (!packed) return 0;
    int right = (t->maps = copied(maps, 1, &map_bytes)) != NULL;
    t->alphabet_count = (int)(map_bytes / 128);
    right = right && t->alphabet_count >= 1 && t->alphabet_count <= 64 && map_bytes % 128 == 0 && t->symbol_count <= 255 && t->column_count <= 256 &&
            t->marker + 17 == t->symbol_count && t->first_leet <= t->marker && column_bytes == (size_t)t->alphabet_count * t->symbol_count;
    for (size_t i = 0; right && i < map_bytes; i++) right = t->maps[i] < 128;
    for (size_t i = 0; right && i < column_bytes; i++) right = packed[i] < t->column_count;
    if (right && (t->columns = calloc((size_t)t->alphabet_count, 256)))
        for (int a = 0; a < t->alphabet_count; a++) memcpy(t->columns + a * 256, packed + (size_t)a * t->symbol_count, t->symbol_count);
    free(packed);
    if (!right || !t->columns || !copied_into(symbols, t->symbols, 128)) return PyErr_Occurred() ? 0 : refuse("the alphabets are out of bounds");
    for (int i = 0; i < 128; i++) if (t->symbols[i] >= t->marker) return refuse("a symbol is out of bounds");
    return load_kinds(t);
}

static inline uint32_t fold_entry(const Fold *f, uint32_t c) { return c < CODE_POINTS ? f->entries[(size_t)f->index[c >> 8] << 8 | (c & 255)] : 0; }

/* Say whether the `letters` fold makes anything but a separator of a character. */
static int is_letter(const Tables *t, uint32_t c) {
    uint32_t entry = fold_entry(&t->folds[1], c);
    return !entry ? c != ' ' : (entry & 31) && t->folds[1].pool[entry >> 5] != ' ';
}

static PyObject *py_tables(PyObject *self, PyObject *args) {
    PyObject *folds, *machines, *maps, *columns, *symbols, *readings, *utf8, *leads;
    unsigned int symbol_count, column_count, first_leet, marker;
    (void)self;
    if (!PyArg_ParseTuple(args, "O!O!OOOO!OOIIII", &PyTuple_Type, &folds, &PyTuple_Type, &machines, &maps, &columns, &symbols, &PyTuple_Type, &readings, &utf8, &leads,
                          &symbol_count, &column_count, &first_leet, &marker)) return NULL;
    Tables *t = calloc(1, sizeof *t);
    if (!t) return PyErr_NoMemory();
    static uint64_t numbers = 0;
    t->number = ++numbers;
    t->symbol_count = symbol_count; t->column_count = column_count; t->first_leet = first_leet; t->marker = marker;
    int right = PyTuple_Size(folds) == 3 && PyTuple_Size(machines) <= MAX_MACHINES ? 1 : refuse("there are too many tables");
    for (int i = 0; right && i < 3; i++) right = load_fold(&t->folds[i], PyTuple_GetItem(folds, i));
    right = right && load_scan(t, maps, columns, symbols) && load_readings(t, readings) && copied_into(utf8, t->utf8, 8 * 256) && copied_into(leads, t->leads, 256);
    for (int i = 0; right && i < 8 * 256; i++) if (t->utf8[i] > REJECT) right = refuse("a UTF-8 state is out of bounds");
    t->machine_count = right ? (int)PyTuple_Size(machines) : 0;
    for (int i = 0; right && i < t->machine_count; i++) right = load_machine(t, &t->machines[i], PyTuple_GetItem(machines, i));
    for (uint32_t i = 0; right && i < 128; i++) {
        uint32_t entry = fold_entry(&t->folds[1], i), letter = entry ? t->folds[1].pool[entry >> 5] : i;
        t->plain[i] = (entry && (entry & 31) != 1) || letter >= 128 ? SKIPPED : t->symbols[letter];
    }
    for (uint32_t i = 0; right && i < 256; i++) {
        uint32_t entry = fold_entry(&t->folds[0], i);
        t->seen[i] = i >= 128 || t->utf8[i] || (i & t->leads[i]) != i ? SKIPPED : entry && !(entry & 31) ? 0 : is_letter(t, i) ? 3 : 1;
    }
    if (right) find_twins(t);
    PyObject *capsule = right ? PyCapsule_New(t, "ringwall.tables", tables_destroy) : NULL;
    if (!capsule) tables_free(t);
    return capsule;
}

/* ---- texts ---- */

static PyObject *text_of(const uint32_t *data, size_t count) {
    int little = -1, big = 1;
    const uint16_t probe = 1;
    return PyUnicode_DecodeUTF32((const char *)data, (Py_ssize_t)(count * 4), "surrogatepass", *(const uint8_t *)&probe ? &little : &big);
}

static PyObject *bytes_of(const uint32_t *data, size_t count) { return PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)(count * 4)); }

static PyObject *run_value(const Run *r) {
    return Py_BuildValue("(NNN)", text_of(r->text.data, r->text.count), bytes_of(r->starts.data, r->starts.count), bytes_of(r->ends.data, r->ends.count));
}

static PyObject *py_fold(PyObject *self, PyObject *args) {
    PyObject *capsule, *text;
    int which;
    (void)self;
    if (!PyArg_ParseTuple(args, "OiU", &capsule, &which, &text)) return NULL;
    Tables *t = PyCapsule_GetPointer(capsule, "ringwall.tables");
    if (!t) return NULL;
    if (which < 0 || which > 2) { refuse("there is no such fold"); return NULL; }
    Py_ssize_t n = PyUnicode_GetLength(text);
    Py_UCS4 *data = PyUnicode_AsUCS4Copy(text);
    if (!data) return NULL;
    const Fold *f = &t->folds[which];
    Run r = {0};
    int right = 1;
    Py_ssize_t same = 0;
    Py_BEGIN_ALLOW_THREADS
    while (same < n && !fold_entry(f, data[same])) same++;
    if (same < n) {
        right = ints_room(&r.text, (size_t)n) && ints_room(&r.starts, (size_t)n) && ints_room(&r.ends, (size_t)n);
        for (Py_ssize_t i = 0; right && i < n; i++) {
            uint32_t entry = i < same ? 0 : fold_entry(f, data[i]);
            if (!entry) { right = run_push(&r, data[i], (uint32_t)i, (uint32_t)i + 1); continue; }
            for (uint32_t k = 0; right && k < (entry & 31); k++) right = run_push(&r, f->pool[(entry >> 5) + k], (uint32_t)i, (uint32_t)i + 1);
        }
    }
    Py_END_ALLOW_THREADS
    PyMem_Free(data);
    PyObject *result = NULL;
    if (!right) PyErr_NoMemory();
    else if (same == n) result = Py_NewRef(Py_None);
    else result = run_value(&r);
    run_free(&r);
    return result;
}

static PyObject *py_compose(PyObject *self, PyObject *args) {
    Py_buffer first, last, starts, ends;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*y*", &first, &last, &starts, &ends)) return NULL;
    const uint32_t *f = first.buf, *l = last.buf, *s = starts.buf, *e = ends.buf;
    Py_ssize_t n = starts.len / 4, m = first.len / 4;
    PyObject *a = PyBytes_FromStringAndSize(NULL, n * 4), *b = PyBytes_FromStringAndSize(NULL, n * 4), *result = NULL;
    int right = a && b && ends.len == starts.len && last.len == first.len;
    if (right) {
        uint32_t *x = (uint32_t *)PyBytes_AsString(a), *y = (uint32_t *)PyBytes_AsString(b);
        for (Py_ssize_t i = 0; right && i < n; i++) {
            right = s[i] < e[i] && e[i] <= (uint64_t)m;
            if (!right) break;
            uint32_t lo = f[s[i]], hi = f[e[i] - 1], lo2 = l[s[i]], hi2 = l[e[i] - 1];
            x[i] = lo < hi ? lo : hi;
            y[i] = lo2 > hi2 ? lo2 : hi2;
        }
    }
    if (right) result = Py_BuildValue("(OO)", a, b);
    else if (!PyErr_Occurred()) refuse("a range is out of bounds");
    Py_XDECREF(a);
    Py_XDECREF(b);
    PyBuffer_Release(&first); PyBuffer_Release(&last); PyBuffer_Release(&starts); PyBuffer_Release(&ends);
    return result;
}

#include "_interpreter_decode.h"
#include "_interpreter_scan.h"
#include "_interpreter_changes.h"
#include "_interpreter_lattice.h"
#include "_interpreter_words.h"
#include "_interpreter_quiet.h"
#include "_interpreter_begun.h"

static PyMethodDef methods[] = {
    {"tables", py_tables, METH_VARARGS, "Check and keep the tables."},
    {"automaton", py_automaton, METH_VARARGS, "Check and keep one phrase table."},
    {"fold", py_fold, METH_VARARGS, "Apply one character fold."},
    {"compose", py_compose, METH_VARARGS, "Map ranges of a text to ranges of the text it was made from."},
    {"decode", py_decode, METH_VARARGS, "Run every decoder."},
    {"scan", py_scan, METH_VARARGS, "Find phrases in every reading."},
    {"scan_changed", py_scan_changed, METH_VARARGS, "Find phrases that reach into replaced spans."},
    {"quiet", py_quiet, METH_VARARGS, "Say whether nothing is found in a text."},
    {"lattice", py_lattice, METH_VARARGS, "Find phrases across any mixture of escapes and plain characters."},
    {"lexicon", py_lexicon, METH_VARARGS, "Keep the words that scrambled ones may stand for."},
    {"scrambled", py_scrambled, METH_VARARGS, "Find the words of a text that may be scrambled ones."},
    {"open_from", py_open_from, METH_VARARGS, "Say from where on the end of a text may be part of a run that is not closed."},
    {"begun", py_begun, METH_VARARGS, "Say from where on the end of a text may be the beginning of a phrase."},
    {"replaced", py_replaced, METH_VARARGS, "Replace spans of a text."},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_interpreter", NULL, -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__interpreter(void) {
    PyObject *made = PyModule_Create(&module);
    if (made && PyModule_AddIntConstant(made, "TABLES_VERSION", TABLES_VERSION) < 0) Py_CLEAR(made);
    return made;
}

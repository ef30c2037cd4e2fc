/* Scanning a text only around what was replaced in it. Included by _interpreter.c. */

typedef struct { size_t start, end, first, count; } Replacement; /* `count` characters from `first` on stand for a span */
typedef struct { Replacement *data; size_t count; Ints letters; } Replacements;

static void replacements_free(Replacements *r) { free(r->data); free(r->letters.data); }

/* Read [(start, end, what), ...]. */
static int load_replacements(PyObject *list, size_t n, Replacements *r) {
    r->count = (size_t)PyList_Size(list);
    if (!(r->data = calloc(r->count + 1, sizeof *r->data))) { PyErr_NoMemory(); return 0; }
    for (size_t i = 0; i < r->count; i++) {
        PyObject *what;
        Py_ssize_t start, end;
        if (!PyArg_ParseTuple(PyList_GetItem(list, (Py_ssize_t)i), "nnU", &start, &end, &what)) return 0;
        if (start < 0 || end < start || (size_t)end > n || (i && (size_t)start < r->data[i - 1].end)) return refuse("a span is out of bounds");
        Py_UCS4 *letters = PyUnicode_AsUCS4Copy(what);
        size_t count = (size_t)PyUnicode_GetLength(what);
        r->data[i] = (Replacement){(size_t)start, (size_t)end, r->letters.count, count};
        int right = letters && ints_room(&r->letters, count);
        if (right && count) memcpy(r->letters.data + r->letters.count, letters, count * sizeof *letters);
        r->letters.count += right ? count : 0;
        PyMem_Free(letters);
        if (!right) { PyErr_NoMemory(); return 0; }
    }
    return 1;
}

/* Whether a character is sure to be a symbol of every stream. */
static inline int is_kept(const Tables *t, uint32_t c) { return c < 128 && t->plain[c] != SKIPPED && !is_dropped(t, t->plain[c], 0); }

/* So far from a place back, or on, that so many symbols stand between. */
static size_t far_back(const Tables *t, const uint32_t *text, size_t place, size_t symbols) {
    while (place && symbols) symbols -= (size_t)is_kept(t, text[--place]);
    return place;
}

static size_t far_on(const Tables *t, const uint32_t *text, size_t n, size_t place, size_t symbols) {
    while (place < n && symbols) symbols -= (size_t)is_kept(t, text[place++]);
    return place;
}

/* A window: characters, some of them replaced, and how many replaced ones stand before each. */
static int window_push(Run *w, const uint32_t *from, size_t count, int replaced) {
    if (!ints_room(&w->text, count) || !ints_room(&w->starts, count)) return 0;
    for (size_t k = 0; k < count; k++) {
        w->text.data[w->text.count++] = from[k];
        w->starts.data[w->starts.count] = w->starts.data[w->starts.count - 1] + (uint32_t)replaced;
        w->starts.count++;
    }
    return 1;
}

/* Scan what is around replacements, as far as a phrase that reaches into one can reach; windows that meet are one. */
static int scan_windows(const Tables *t, const Automaton *sides[2], const uint32_t *text, size_t n, const Replacements *r, Hits *hits) {
    size_t longest = 0, moved = 0;
    Run window = {0};
    int right = 1;
    for (int k = 0; k < 2; k++) if (sides[k] && sides[k]->longest > longest) longest = sides[k]->longest;
    for (size_t i = 0; right && i < r->count; ) {
        size_t place = far_back(t, text, r->data[i].start, longest), end = 0, first = place + moved; /* unsigned, but what is added and taken away stays right */
        run_clear(&window);
        right = ints_push(&window.starts, 0);
        do {
            const Replacement *one = &r->data[i];
            right = right && window_push(&window, text + place, one->start - place, 0) && window_push(&window, r->letters.data + one->first, one->count, 1);
            place = one->end;
            moved += one->count - (one->end - one->start);
            end = far_on(t, text, n, place, longest);
            i++;
        } while (right && i < r->count && r->data[i].start <= end);
        right = right && window_push(&window, text + place, end - place, 0);
        hits->changed = window.starts.data;
        hits->moved = first;
        right = right && scan_all(t, sides, window.text.data, window.text.count, 0, hits);
    }
    run_free(&window);
    return right;
}

/* scan_changed(tables, squashed, bounded, text, limit, [(start, end, what), ...]) -> matches with a replaced character, where they stand once all are replaced. */
static PyObject *py_scan_changed(PyObject *self, PyObject *args) {
    PyObject *capsule, *squashed, *bounded, *text, *changes;
    Py_ssize_t limit;
    Replacements r = {0};
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOUnO!", &capsule, &squashed, &bounded, &text, &limit, &PyList_Type, &changes)) return NULL;
    const Tables *t = PyCapsule_GetPointer(capsule, "ringwall.tables");
    const Automaton *sides[2] = {NULL, NULL};
    if (!t || !both_sides(t, squashed, bounded, sides)) return NULL;
    size_t n = (size_t)PyUnicode_GetLength(text);
    Py_UCS4 *data = load_replacements(changes, n, &r) ? PyUnicode_AsUCS4Copy(text) : NULL;
    if (!data) { replacements_free(&r); return NULL; }
    Hits hits = {NULL, 0, 0, limit < 0 ? 0 : (size_t)limit, NULL, 0};
    int right;
    Py_BEGIN_ALLOW_THREADS
    right = scan_windows(t, sides, data, n, &r, &hits);
    Py_END_ALLOW_THREADS
    PyMem_Free(data);
    replacements_free(&r);
    if (right) return hits_value(&hits);
    free(hits.data);
    return PyErr_NoMemory();
}

/* Texts in which nothing is found, told without making anything of them: a yes is sure, and where it would take more to be sure the answer is no. Included by
 * _interpreter.c. */

enum { QUIET_MOST = 4096, ESCAPE_MOST = 64, PIG_WORDS = 3 };

static int fold_text(const Fold *f, const uint32_t *text, size_t n, Ints *folded) {
    if (!ints_room(folded, n)) return 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t entry = fold_entry(f, text[i]);
        if (!entry && !ints_push(folded, text[i])) return 0;
        for (uint32_t k = 0; entry && k < (entry & 31); k++) if (!ints_push(folded, f->pool[(entry >> 5) + k])) return 0;
    }
    return 1;
}

/* Say whether an escape begins here, and comes to its end (the lattice would take it), or is too long to tell. */
static int may_escape(const Machine *m, const uint32_t *text, size_t n, size_t first) {
    uint32_t symbol = text[first] < OTHER ? text[first] : OTHER;
    const Op *op = op_at(m, m->starts[0], (int)symbol);
    if (!(op->flags & MARK)) return 0;
    for (size_t i = first + 1; i <= first + ESCAPE_MOST; i++) {
        symbol = i >= n ? END : text[i] < OTHER ? text[i] : OTHER;
        op = op_at(m, op->next, (int)symbol);
        if (op->kind == NONE && !(op->flags & CHANGE)) {
            if (symbol == END) return 0;
            continue;
        }
        return op->kind == BYTES || op->kind == CODE || op->kind == TEXT || op->kind == NONE;
    }
    return 1;
}

static int holds_no_escape(const Tables *t, const uint32_t *text, size_t n) {
    for (int k = 0; k < t->machine_count; k++)
        for (size_t i = 0; t->machines[k].lattice && i < n; i++)
            if (may_escape(&t->machines[k], text, n, i)) return 0;
    return 1;
}

/* Fewer endings in "ay" than Pig Latin has. */
static int is_no_pig_latin(const uint32_t *text, size_t n) {
    int endings = 0;
    for (size_t i = 1; i < n; i++) endings += text[i - 1] == 'a' && text[i] == 'y';
    return endings < PIG_WORDS;
}

/* 1 quiet, 0 not, -1 no memory or a broken table. */
static int is_quiet(const Tables *t, const Automaton *sides[2], const Lexicon *words, const uint32_t *text, size_t n, int readings) {
    Ints scrambled = {0};
    Hits hits = {NULL, 0, 0, 0, NULL, 0};
    FoundList found = {NULL, 0, 0, 0, SIZE_MAX};
    int right = 1, quiet = is_no_pig_latin(text, n) && holds_no_escape(t, text, n);
    if (quiet) right = find_scrambled(words, text, n, &scrambled) && scan_all(t, sides, text, n, 0, &hits);
    quiet = quiet && !scrambled.count && !hits.count;
    if (right && quiet && readings) right = decode_all(t, text, n, readings, 0, &found) == OK;
    quiet = quiet && !found.count;
    found_clear(&found);
    free(found.data);
    free(hits.data);
    free(scrambled.data);
    return right ? quiet : -1;
}

/* quiet(tables, squashed, bounded, lexicon, text, layers) -> the folded text, or None. */
static PyObject *py_quiet(PyObject *self, PyObject *args) {
    PyObject *capsule, *squashed, *bounded, *lexicon, *text;
    int layers, quiet = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOUi", &capsule, &squashed, &bounded, &lexicon, &text, &layers)) return NULL;
    const Tables *t = PyCapsule_GetPointer(capsule, "ringwall.tables");
    const Lexicon *words = t ? PyCapsule_GetPointer(lexicon, "ringwall.lexicon") : NULL;
    const Automaton *sides[2] = {NULL, NULL};
    if (!words || !both_sides(t, squashed, bounded, sides)) return NULL;
    size_t n = (size_t)PyUnicode_GetLength(text);
    if (n > QUIET_MOST) Py_RETURN_NONE;
    Py_UCS4 *data = PyUnicode_AsUCS4Copy(text);
    Ints folded = {0};
    if (!data) return NULL;
    int right = fold_text(&t->folds[0], data, n, &folded), same = right && folded.count == n && (!n || !memcmp(folded.data, data, n * sizeof *data));
    Py_BEGIN_ALLOW_THREADS
    if (right) quiet = is_quiet(t, sides, words, folded.data, folded.count, layers > 1 ? t->reading_count : layers > 0);
    Py_END_ALLOW_THREADS
    PyObject *result = NULL;
    if (!right || quiet < 0) PyErr_NoMemory();
    else if (!quiet) result = Py_NewRef(Py_None);
    else result = same ? Py_NewRef(text) : text_of(folded.data, folded.count);
    free(folded.data);
    PyMem_Free(data);
    return result;
}

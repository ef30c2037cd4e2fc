/* The phrase automaton: one dense table over many readings of a text. Included by _interpreter.c. */

enum { IN_ORDER = 1, IN_ROTATIONS = 2, IN_REVERSE = 4, TOGETHER = 9 };

typedef struct {
    uint32_t width, states, first_accepting, pattern_count; /* transitions are multiplied by width */
    int32_t *transitions, *output_starts, *outputs, *links;
    uint32_t *lengths;
    uint8_t *where;
} Automaton;

static void automaton_free(Automaton *a) {
    if (!a) return;
    free(a->transitions); free(a->output_starts); free(a->outputs); free(a->links); free(a->lengths); free(a->where);
    free(a);
}

static void automaton_destroy(PyObject *capsule) { automaton_free(PyCapsule_GetPointer(capsule, "ringwall.automaton")); }

static int automaton_check(const Automaton *a, size_t transitions, size_t starts, size_t outputs, size_t links, size_t where) {
    size_t accepting = a->states - a->first_accepting;
    if (!a->width || a->width > 256 || !a->states || a->states > 1u << 22 || a->first_accepting > a->states || !a->first_accepting) return 0;
    if (transitions != (size_t)a->states * a->width || starts != accepting + 1 || links != accepting || where != a->pattern_count) return 0;
    for (size_t i = 0; i < transitions; i++)
        if (a->transitions[i] < 0 || (size_t)a->transitions[i] >= transitions || (uint32_t)a->transitions[i] % a->width) return 0;
    if (a->output_starts[0] != 0 || (size_t)a->output_starts[accepting] != outputs) return 0;
    for (size_t i = 0; i < accepting; i++)
        if (a->output_starts[i] > a->output_starts[i + 1] || a->links[i] < -1 || a->links[i] >= (int64_t)accepting) return 0;
    for (size_t i = 0; i < outputs; i++) if (a->outputs[i] < 0 || (uint32_t)a->outputs[i] >= a->pattern_count) return 0;
    return 1;
}

static PyObject *py_automaton(PyObject *self, PyObject *args) {
    PyObject *transitions, *starts, *outputs, *links, *lengths, *where;
    Automaton *a = calloc(1, sizeof *a);
    size_t n_transitions = 0, n_starts = 0, n_outputs = 0, n_links = 0, n_lengths = 0, n_where = 0;
    (void)self;
    if (!a) return PyErr_NoMemory();
    if (!PyArg_ParseTuple(args, "IIIOOOOOO", &a->width, &a->states, &a->first_accepting, &transitions, &starts, &outputs, &links, &lengths, &where) ||
        !(a->transitions = copied(transitions, 4, &n_transitions)) || !(a->output_starts = copied(starts, 4, &n_starts)) ||
        !(a->outputs = copied(outputs, 4, &n_outputs)) || !(a->links = copied(links, 4, &n_links)) ||
        !(a->lengths = copied(lengths, 4, &n_lengths)) || !(a->where = copied(where, 1, &n_where))) {
        automaton_free(a);
        return NULL;
    }
    a->pattern_count = (uint32_t)n_lengths;
    PyObject *capsule = automaton_check(a, n_transitions, n_starts, n_outputs, n_links, n_where) ? PyCapsule_New(a, "ringwall.automaton", automaton_destroy) : NULL;
    if (!capsule) {
        automaton_free(a);
        if (!PyErr_Occurred()) refuse("a phrase table is out of bounds");
    }
    return capsule;
}

/* A stream of symbols and the character that each comes from. */
typedef struct { uint8_t *symbols; Ints places; size_t count, room; } Stream;

static int stream_room(Stream *s, size_t more) {
    if (s->count + more <= s->room) return 1;
    size_t room = s->room ? s->room * 2 : 1024;
    while (room < s->count + more) room *= 2;
    uint8_t *data = realloc(s->symbols, room);
    if (!data) return 0;
    s->symbols = data;
    s->places.count = s->count;
    if (!ints_room(&s->places, room - s->count)) return 0;
    s->room = room;
    return 1;
}

/* Where there is room. */
static inline void stream_put(Stream *s, uint8_t symbol, uint32_t place) {
    s->symbols[s->count] = symbol;
    s->places.data[s->count++] = place;
}

static void stream_clear(Stream *s) { s->count = 0; }
static void stream_free(Stream *s) { free(s->symbols); free(s->places.data); }

static int push_letter(const Tables *t, Stream *s, uint32_t c, uint32_t place) {
    if (!stream_room(s, 6)) return 0;
    if (c < 128) {
        stream_put(s, t->symbols[c], place);
        return 1;
    }
    stream_put(s, (uint8_t)t->marker, place);
    for (int shift = 16; shift >= 0; shift -= 4) stream_put(s, (uint8_t)(t->marker + 1 + (c >> shift & 15)), place);
    return 1;
}

/* Write a text down as symbols, forwards or backwards. */
static int write_symbols(const Tables *t, const uint32_t *text, size_t n, int backwards, Stream *out) {
    const Fold *f = &t->folds[1];
    stream_clear(out);
    if (!stream_room(out, n)) return 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t place = (uint32_t)(backwards ? n - 1 - i : i), c = text[place], entry = fold_entry(f, c), count = entry ? entry & 31 : 1;
        if (entry && count == 1) c = f->pool[entry >> 5];
        if (count == 1 && c < 128 && out->count < out->room) stream_put(out, t->symbols[c], place); /* nearly always */
        else if (count == 1) {
            if (!push_letter(t, out, c, place)) return 0;
        } else {
            for (uint32_t k = 0; k < count; k++) if (!push_letter(t, out, f->pool[(entry >> 5) + k], place)) return 0;
        }
    }
    return 1;
}

static inline int is_dropped(const Tables *t, uint8_t symbol, int with_leet) {
    return symbol == 0 || (!with_leet && symbol >= t->first_leet && symbol < t->marker);
}

/* Squashed: without separators. Bounded: each run of separators is one, and one stands at either end. */
static int write_stream(const Tables *t, const Stream *in, int bounded, int with_leet, Stream *out) {
    int separated = bounded;
    stream_clear(out);
    if (!stream_room(out, in->count + 2)) return 0;
    if (bounded) stream_put(out, 0, 0);
    for (size_t i = 0; i < in->count; i++) {
        uint8_t symbol = in->symbols[i];
        int dropped = is_dropped(t, symbol, with_leet);
        stream_put(out, dropped ? 0 : symbol, in->places.data[i]);
        out->count -= (size_t)(dropped & (separated | !bounded)); /* a subtraction costs less than a branch */
        separated = dropped;
    }
    if (bounded && !separated) stream_put(out, 0, 0);
    return 1;
}

typedef struct { uint32_t pattern, start, end; uint8_t bounded, alphabet, backwards, with_leet; } Hit;
typedef struct { Hit *data; size_t count, room, limit; } Hits;

static int hit_push(Hits *h, Hit hit) {
    if (h->count == h->room) {
        size_t room = h->room ? h->room * 2 : 64;
        Hit *data = realloc(h->data, room * sizeof *data);
        if (!data) return 0;
        h->data = data;
        h->room = room;
    }
    h->data[h->count++] = hit;
    return 1;
}

/* Record every pattern that ends with stream symbol `at`. */
static int record(const Automaton *a, int32_t state, const Stream *s, size_t at, Hit like, Hits *hits) {
    uint32_t needed = !like.alphabet && !like.backwards ? IN_ORDER : (like.alphabet ? IN_ROTATIONS : 0) | (like.backwards ? IN_REVERSE : 0);
    int64_t place = (int64_t)(state / (int32_t)a->width) - a->first_accepting;
    for (uint32_t guard = 0; place >= 0 && guard < a->states; guard++, place = a->links[place]) {
        for (int32_t k = a->output_starts[place]; k < a->output_starts[place + 1]; k++) {
            uint32_t pattern = (uint32_t)a->outputs[k], inner = like.bounded ? 1 : 0;
            if ((a->where[pattern] & needed) != needed || a->lengths[pattern] > at + 1 || a->lengths[pattern] < 1 + 2 * inner || hits->count > hits->limit) continue;
            uint32_t first = s->places.data[at + 1 - a->lengths[pattern] + inner], last = s->places.data[at - inner];
            like.pattern = pattern;
            like.start = like.backwards ? last : first;
            like.end = (like.backwards ? first : last) + 1;
            if (!hit_push(hits, like)) return 0;
        }
    }
    return 1;
}

/* Run one stream as it is spelled. */
static int scan_plain_stream(const Tables *t, const Automaton *a, const Stream *s, Hit like, Hits *hits) {
    const int32_t loud = (int32_t)(a->first_accepting * a->width);
    int32_t state = 0;
    for (size_t i = 0; i < s->count; i++) {
        state = a->transitions[state + t->columns[s->symbols[i]]];
        if (state >= loud && !record(a, state, s, i, like, hits)) return 0;
    }
    return 1;
}

/* Run one stream under all alphabets, several at a time so that the loads overlap. */
static int scan_stream(const Tables *t, const Automaton *a, const Stream *s, Hit like, Hits *hits) {
    const int32_t loud = (int32_t)(a->first_accepting * a->width);
    for (int first = 0; first < t->alphabet_count; first += TOGETHER) {
        int together = t->alphabet_count - first < TOGETHER ? t->alphabet_count - first : TOGETHER;
        const uint8_t *columns[TOGETHER];
        int32_t states[TOGETHER] = {0};
        for (int k = 0; k < TOGETHER; k++) columns[k] = t->columns + 256 * (first + (k < together ? k : 0));
        for (size_t i = 0; i < s->count; i++) {
            uint8_t symbol = s->symbols[i];
            int32_t any = 0;
#pragma GCC unroll 9
            for (int k = 0; k < TOGETHER; k++) {
                states[k] = a->transitions[states[k] + columns[k][symbol]];
                any |= states[k] >= loud;
            }
            if (!any) continue;
            for (int k = 0; k < together; k++) {
                like.alphabet = (uint8_t)(first + k);
                if (states[k] >= loud && !record(a, states[k], s, i, like, hits)) return 0;
            }
        }
    }
    return 1;
}

/* Plain: in the text's own alphabet and direction alone. */
static int scan_all(const Tables *t, const Automaton *sides[2], const uint32_t *text, size_t n, int plain, Hits *hits) {
    Stream symbols = {0}, stream = {0};
    int right = 1;
    for (int backwards = 0; right && backwards < (plain ? 1 : 2); backwards++) {
        right = write_symbols(t, text, n, backwards, &symbols);
        int leet = 0;
        for (size_t i = 0; right && i < symbols.count && !leet; i++) leet = symbols.symbols[i] >= t->first_leet && symbols.symbols[i] < t->marker;
        for (int with_leet = 1; right && with_leet >= !leet; with_leet--)
            for (int bounded = 0; right && bounded < 2; bounded++) {
                if (!sides[bounded]) continue;
                Hit like = {0, 0, 0, (uint8_t)bounded, 0, (uint8_t)backwards, (uint8_t)with_leet};
                right = write_stream(t, &symbols, bounded, with_leet, &stream) &&
                        (plain ? scan_plain_stream : scan_stream)(t, sides[bounded], &stream, like, hits);
            }
    }
    stream_free(&symbols);
    stream_free(&stream);
    return right;
}

static PyObject *py_scan(PyObject *self, PyObject *args) {
    PyObject *capsule, *squashed, *bounded, *text, *result = NULL;
    Py_ssize_t limit;
    int right, plain = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOUn|p", &capsule, &squashed, &bounded, &text, &limit, &plain)) return NULL;
    const Tables *t = PyCapsule_GetPointer(capsule, "ringwall.tables");
    const Automaton *sides[2] = {NULL, NULL};
    if (!t || (squashed != Py_None && !(sides[0] = PyCapsule_GetPointer(squashed, "ringwall.automaton"))) ||
        (bounded != Py_None && !(sides[1] = PyCapsule_GetPointer(bounded, "ringwall.automaton")))) return NULL;
    for (int k = 0; k < 2; k++) if (sides[k] && sides[k]->width != t->column_count) { refuse("a phrase table has a wrong width"); return NULL; }
    Py_UCS4 *data = PyUnicode_AsUCS4Copy(text);
    if (!data) return NULL;
    size_t n = (size_t)PyUnicode_GetLength(text);
    Hits hits = {NULL, 0, 0, limit < 0 ? 0 : (size_t)limit};
    Py_BEGIN_ALLOW_THREADS
    right = scan_all(t, sides, data, n, plain, &hits);
    Py_END_ALLOW_THREADS
    PyMem_Free(data);
    if (!right) PyErr_NoMemory();
    else result = PyList_New((Py_ssize_t)hits.count);
    for (size_t i = 0; result && i < hits.count; i++) {
        const Hit *h = &hits.data[i];
        PyObject *item = Py_BuildValue("(NIINNII)", PyBool_FromLong(h->bounded), h->pattern, (unsigned int)h->alphabet, PyBool_FromLong(h->backwards),
                                       PyBool_FromLong(h->with_leet), h->start, h->end);
        if (item) PyList_SetItem(result, (Py_ssize_t)i, item);
        else Py_CLEAR(result);
    }
    free(hits.data);
    return result;
}

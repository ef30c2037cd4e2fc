/* The phrase automaton: one dense table over many readings of a text. Included by _interpreter.c. */

enum { IN_ORDER = 1, IN_ROTATIONS = 2, IN_REVERSE = 4, TOGETHER = 9, PIECES = 3, KINDS = 32, KIND_BITS = 5, FILTERED = 9, SHALLOW = 4 };

typedef struct {
    uint32_t width, states, first_accepting, pattern_count; /* transitions are multiplied by width */
    PyObject *table; /* bytes that nobody can change: the transitions, without a copy */
    const int32_t *transitions;
    int32_t *output_starts, *outputs, *links;
    uint32_t *lengths;
    uint8_t *where;
    uint64_t filtered_for;    /* the number of the tables whose readings the filter is about; 0: there is none */
    uint32_t *filter[PIECES];   /* per three kinds of symbol, the alphabets in which they can be `offsets[k]` behind a pattern's start */
    size_t offsets[PIECES], shortest, longest;
    uint16_t *depths; /* per state, the length of its text */
    uint64_t *beginnings; /* bits, of which those are set that the patterns' first `shortest` columns hash to */
    int beginning_bits;   /* how many there are, as a power of two */
} Automaton;

static void automaton_free(Automaton *a) {
    if (!a) return;
    Py_XDECREF(a->table);
    free(a->output_starts); free(a->outputs); free(a->links); free(a->lengths); free(a->where); free(a->depths); free(a->beginnings);
    for (int k = 0; k < PIECES; k++) free(a->filter[k]);
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

/* Set, in one piece of the filter, the alphabets in which three kinds of symbol can be these columns. */
static void filter_piece(const Tables *t, uint32_t *piece, const uint8_t *columns, uint8_t where) {
    for (int alphabet = 0; alphabet < t->alphabet_count; alphabet++) {
        const uint32_t *kinds = t->kinds_of + alphabet * 256;
        if (alphabet && !(where & IN_ROTATIONS)) continue;
        for (uint32_t a = kinds[columns[0]]; a; a &= a - 1)
            for (uint32_t b = kinds[columns[1]]; b; b &= b - 1)
                for (uint32_t c = kinds[columns[2]]; c; c &= c - 1)
                    piece[(uint32_t)__builtin_ctz(a) << 2 * KIND_BITS | (uint32_t)__builtin_ctz(b) << KIND_BITS | (uint32_t)__builtin_ctz(c)] |= 1u << alphabet;
    }
}

/* The depth of every state: the texts of a state's shortest paths from the start are all as long. 0 if there is no memory, or a state is too deep or not reached. */
static int find_depths(Automaton *a) {
    uint32_t *queue = malloc(a->states * sizeof *queue), count = 0;
    uint8_t *reached = calloc(a->states, 1);
    int right = queue && reached && (a->depths = calloc(a->states, sizeof *a->depths)) != NULL;
    if (right) { queue[count++] = 0; reached[0] = 1; }
    for (uint32_t i = 0; right && i < count; i++)
        for (uint32_t c = 0; right && c < a->width; c++) {
            uint32_t next = (uint32_t)a->transitions[(size_t)queue[i] * a->width + c] / a->width;
            if (reached[next]) continue;
            reached[next] = 1;
            a->depths[next] = (uint16_t)(a->depths[queue[i]] + 1);
            queue[count++] = next;
            right = a->depths[next] < UINT16_MAX;
        }
    right = right && count == a->states;
    free(queue);
    free(reached);
    return right;
}

/* The bit of some columns; `columns` turns symbols into them, NULL where they are columns. */
static inline uint32_t beginning(const Automaton *a, const uint8_t *columns, const uint8_t *from) {
    uint64_t key = 0;
    for (size_t k = 0; k < a->shortest; k++) key = key << 7 ^ key >> 57 ^ (columns ? columns[from[k]] : from[k]);
    return (uint32_t)(key * 0x9E3779B97F4A7C15u >> (64 - a->beginning_bits));
}

static inline int may_begin(const Automaton *a, const uint8_t *columns, const uint8_t *from) {
    uint32_t bit = beginning(a, columns, from);
    return a->beginnings[bit >> 6] >> (bit & 63) & 1;
}

static int note_beginnings(Automaton *a, const uint8_t *columns) {
    a->beginning_bits = 10;
    while (a->beginning_bits < 24 && (uint64_t)1 << a->beginning_bits < (uint64_t)a->pattern_count * 24) a->beginning_bits++;
    if (!(a->beginnings = calloc((size_t)1 << (a->beginning_bits - 6), sizeof *a->beginnings))) return refuse("no memory");
    for (uint32_t i = 0; i < a->pattern_count; columns += a->lengths[i++]) {
        uint32_t bit = beginning(a, NULL, columns);
        a->beginnings[bit >> 6] |= (uint64_t)1 << (bit & 63);
    }
    return 1;
}

/* Make the filter of the patterns' beginnings: three pieces of the first FILTERED columns (fewer, if the shortest pattern has fewer). */
static int make_filter(const Tables *t, Automaton *a, const uint8_t *columns, size_t size) {
    size_t total = 0, shortest = FILTERED;
    for (uint32_t i = 0; i < a->pattern_count; i++) {
        total += a->lengths[i];
        if (a->lengths[i] < shortest) shortest = a->lengths[i];
        if (a->lengths[i] > a->longest) a->longest = a->lengths[i];
    }
    if (total != size) return refuse("a phrase table has a wrong size");
    if (!t->kinds_of || shortest < 3 || !a->pattern_count || a->width != t->column_count) return 1;
    if (!find_depths(a)) return 1;
    for (int k = 0; k < PIECES; k++) {
        a->offsets[k] = (shortest - 3) * (size_t)k / 2 + (k == 1 && (shortest - 3) % 2);
        if (!(a->filter[k] = calloc((size_t)1 << 3 * KIND_BITS, sizeof **a->filter))) return refuse("no memory");
        const uint8_t *pattern = columns;
        for (uint32_t i = 0; i < a->pattern_count; pattern += a->lengths[i++]) filter_piece(t, a->filter[k], pattern + a->offsets[k], a->where[i]);
    }
    a->shortest = shortest;
    a->filtered_for = t->number;
    return note_beginnings(a, columns);
}

/* Keep a table of int32 that stands in a bytes object, and the object with it. */
static int kept_table(Automaton *a, PyObject *object, size_t *count) {
    if (!PyBytes_CheckExact(object)) {
        PyErr_SetString(PyExc_TypeError, "a phrase table stands in bytes");
        return 0;
    }
    const char *data = PyBytes_AsString(object);
    size_t size = (size_t)PyBytes_Size(object);
    if (size % sizeof *a->transitions || (uintptr_t)data % _Alignof(int32_t)) {
        PyErr_SetString(PyExc_ValueError, "an array has a wrong size");
        return 0;
    }
    Py_INCREF(object);
    a->table = object;
    a->transitions = (const int32_t *)(const void *)data;
    *count = size / sizeof *a->transitions;
    return 1;
}

static PyObject *py_automaton(PyObject *self, PyObject *args) {
    PyObject *transitions, *starts, *outputs, *links, *lengths, *where, *tables, *columns;
    Automaton *a = calloc(1, sizeof *a);
    size_t n_transitions = 0, n_starts = 0, n_outputs = 0, n_links = 0, n_lengths = 0, n_where = 0, n_columns = 0;
    uint8_t *own = NULL;
    (void)self;
    if (!a) return PyErr_NoMemory();
    if (!PyArg_ParseTuple(args, "OIIIOOOOOOO", &tables, &a->width, &a->states, &a->first_accepting, &transitions, &starts, &outputs, &links, &lengths, &where, &columns) ||
        !kept_table(a, transitions, &n_transitions) || !(a->output_starts = copied(starts, 4, &n_starts)) ||
        !(a->outputs = copied(outputs, 4, &n_outputs)) || !(a->links = copied(links, 4, &n_links)) ||
        !(a->lengths = copied(lengths, 4, &n_lengths)) || !(a->where = copied(where, 1, &n_where)) || !(own = copied(columns, 1, &n_columns))) {
        free(own);
        automaton_free(a);
        return NULL;
    }
    a->pattern_count = (uint32_t)n_lengths;
    const Tables *t = PyCapsule_GetPointer(tables, "ringwall.tables");
    int right = t && automaton_check(a, n_transitions, n_starts, n_outputs, n_links, n_where) && make_filter(t, a, own, n_columns);
    free(own);
    PyObject *capsule = right ? PyCapsule_New(a, "ringwall.automaton", automaton_destroy) : NULL;
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

/* Write a text down as symbols, forwards or backwards. `single`: whether each character made one. */
static int write_symbols(const Tables *t, const uint32_t *text, size_t n, int backwards, Stream *out, int *single) {
    const Fold *f = &t->folds[1];
    stream_clear(out);
    *single = 1;
    if (!stream_room(out, n)) return 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t place = (uint32_t)(backwards ? n - 1 - i : i), c = text[place];
        if (c < 128 && t->plain[c] != SKIPPED && out->count < out->room) { stream_put(out, t->plain[c], place); continue; } /* nearly always */
        uint32_t entry = fold_entry(f, c), count = entry ? entry & 31 : 1;
        *single = 0;
        if (!entry) {
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
    uint8_t dropped[256];
    int separated = bounded;
    stream_clear(out);
    if (!stream_room(out, in->count + 2)) return 0;
    for (int symbol = 0; symbol < 256; symbol++) dropped[symbol] = (uint8_t)is_dropped(t, (uint8_t)symbol, with_leet);
    if (bounded) stream_put(out, 0, 0);
    for (size_t i = 0; i < in->count; i++) {
        uint8_t symbol = in->symbols[i];
        int drop = dropped[symbol];
        stream_put(out, drop ? 0 : symbol, in->places.data[i]);
        out->count -= (size_t)(drop & (separated | !bounded)); /* a subtraction costs less than a branch */
        separated = drop;
    }
    if (bounded && !separated) stream_put(out, 0, 0);
    return 1;
}

typedef struct { uint32_t pattern, start, end; uint8_t bounded, alphabet, backwards, with_leet; } Hit;
/* changed: NULL, or how many characters before each one are replaced ones: then only matches with such a character count, and they stand `moved` further on. */
typedef struct { Hit *data; size_t count, room, limit; const uint32_t *changed; size_t moved; } Hits;

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
            if (hits->changed) {
                if (hits->changed[like.start] == hits->changed[like.end]) continue;
                like.start += (uint32_t)hits->moved;
                like.end += (uint32_t)hits->moved;
            }
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

/* One alphabet over part of a stream. A walk begins where the filter lets a pattern begin, and goes on until what it has read is the beginning of no pattern, but
 * for the last few symbols at most: patterns that begin among these are left to the next walk. `done`: where the next one may begin; `told`: up to where patterns
 * that end have been recorded. So every symbol is read a bounded number of times. */
typedef struct { size_t done, told; } Walk;

static int walk(const Tables *t, const Automaton *a, const Stream *s, size_t first, Walk *w, Hit like, Hits *hits) {
    const int32_t loud = (int32_t)(a->first_accepting * a->width);
    const uint8_t *columns = t->columns + 256 * like.alphabet;
    int32_t state = 0;
    size_t i = first, depth = 0;
    for (; i < s->count && (i < first + SHALLOW || depth >= SHALLOW); i++) {
        state = a->transitions[state + columns[s->symbols[i]]];
        depth = a->depths[(uint32_t)state / a->width];
        if (state >= loud && i >= w->told && !record(a, state, s, i, like, hits)) return 0;
    }
    if (i > w->told) w->told = i;
    w->done = i == s->count ? i : i - depth;
    if (w->done <= first) w->done = first + 1;
    return 1;
}

/* Run one stream under all alphabets, but only where the filter lets a pattern begin. */
static int scan_filtered(const Tables *t, const Automaton *a, const Stream *s, uint16_t *threes, Hit like, Hits *hits) {
    const uint32_t *piece0 = a->filter[0], *piece1 = a->filter[1], *piece2 = a->filter[2];
    size_t second = a->offsets[1], third = a->offsets[2];
    Walk walks[32] = {{0, 0}};
    uint32_t three = 0;
    if (s->count < a->shortest) return 1;
    for (size_t i = 0; i < s->count; i++) {
        three = (three << KIND_BITS | t->kinds[s->symbols[i]]) & ((1u << 3 * KIND_BITS) - 1);
        threes[i] = (uint16_t)three; /* the three that end here */
    }
    threes += 2;
    for (size_t i = 0; i + a->shortest <= s->count; i++) {
        uint32_t alphabets = piece0[threes[i]] & piece1[threes[i + second]] & piece2[threes[i + third]];
        for (; alphabets; alphabets &= alphabets - 1) {
            like.alphabet = (uint8_t)__builtin_ctz(alphabets);
            if (i >= walks[like.alphabet].done && may_begin(a, t->columns + 256 * like.alphabet, s->symbols + i) && !walk(t, a, s, i, &walks[like.alphabet], like, hits)) return 0;
        }
    }
    return 1;
}

/* What a scan works on. */
typedef struct { Stream symbols, stream; uint16_t *threes; size_t room; } Scanner;

static int scan_one(const Tables *t, const Automaton *a, Scanner *sc, int plain, Hit like, Hits *hits) {
    if (!plain && a->filtered_for == t->number) {
        if (!sc->threes || sc->room < sc->stream.count) {
            free(sc->threes);
            sc->threes = malloc(((sc->room = sc->stream.count) + 1) * sizeof *sc->threes);
        }
        return sc->threes && scan_filtered(t, a, &sc->stream, sc->threes, like, hits);
    }
    return (plain ? scan_plain_stream : scan_stream)(t, a, &sc->stream, like, hits);
}

/* Turn a stream round. Where each character makes one symbol at most, this is the stream of the text backwards, but for where separators stand, which no match
 * begins or ends with. */
static void turn_round(Stream *s) {
    for (size_t i = 0, j = s->count; i + 1 < j; i++) {
        j--;
        uint8_t symbol = s->symbols[i];
        uint32_t place = s->places.data[i];
        s->symbols[i] = s->symbols[j]; s->places.data[i] = s->places.data[j];
        s->symbols[j] = symbol; s->places.data[j] = place;
    }
}

/* Plain: in the text's own alphabet and direction alone. */
static int scan_all(const Tables *t, const Automaton *sides[2], const uint32_t *text, size_t n, int plain, Hits *hits) {
    Scanner sc = {{0}, {0}, NULL, 0};
    int right = 1, turns = 0, leet = 0;
    for (int backwards = 0; right && backwards < (plain || turns ? 1 : 2); backwards++) {
        right = write_symbols(t, text, n, backwards, &sc.symbols, &turns);
        leet = 0;
        for (size_t i = 0; right && i < sc.symbols.count && !leet; i++) leet = sc.symbols.symbols[i] >= t->first_leet && sc.symbols.symbols[i] < t->marker;
        for (int with_leet = 1; right && with_leet >= !leet; with_leet--)
            for (int bounded = 0; right && bounded < 2; bounded++) {
                if (!sides[bounded]) continue;
                Hit like = {0, 0, 0, (uint8_t)bounded, 0, (uint8_t)backwards, (uint8_t)with_leet};
                right = write_stream(t, &sc.symbols, bounded, with_leet, &sc.stream) && scan_one(t, sides[bounded], &sc, plain, like, hits);
                if (!right || plain || !turns) continue;
                turn_round(&sc.stream);
                like.backwards = 1;
                right = scan_one(t, sides[bounded], &sc, plain, like, hits);
            }
    }
    stream_free(&sc.symbols);
    stream_free(&sc.stream);
    free(sc.threes);
    return right;
}

static int both_sides(const Tables *t, PyObject *squashed, PyObject *bounded, const Automaton *sides[2]) {
    if ((squashed != Py_None && !(sides[0] = PyCapsule_GetPointer(squashed, "ringwall.automaton"))) ||
        (bounded != Py_None && !(sides[1] = PyCapsule_GetPointer(bounded, "ringwall.automaton")))) return 0;
    for (int k = 0; k < 2; k++) if (sides[k] && sides[k]->width != t->column_count) return refuse("a phrase table has a wrong width");
    return 1;
}

/* What a scan found, as a list; the hits are freed. */
static PyObject *hits_value(Hits *hits) {
    PyObject *result = PyList_New((Py_ssize_t)hits->count);
    for (size_t i = 0; result && i < hits->count; i++) {
        const Hit *h = &hits->data[i];
        PyObject *item = Py_BuildValue("(NIINNII)", PyBool_FromLong(h->bounded), h->pattern, (unsigned int)h->alphabet, PyBool_FromLong(h->backwards),
                                       PyBool_FromLong(h->with_leet), h->start, h->end);
        if (item) PyList_SetItem(result, (Py_ssize_t)i, item);
        else Py_CLEAR(result);
    }
    free(hits->data);
    return result;
}

static PyObject *py_scan(PyObject *self, PyObject *args) {
    PyObject *capsule, *squashed, *bounded, *text;
    Py_ssize_t limit;
    int right, plain = 0;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOUn|p", &capsule, &squashed, &bounded, &text, &limit, &plain)) return NULL;
    const Tables *t = PyCapsule_GetPointer(capsule, "ringwall.tables");
    const Automaton *sides[2] = {NULL, NULL};
    if (!t || !both_sides(t, squashed, bounded, sides)) return NULL;
    Py_UCS4 *data = PyUnicode_AsUCS4Copy(text);
    if (!data) return NULL;
    size_t n = (size_t)PyUnicode_GetLength(text);
    Hits hits = {NULL, 0, 0, limit < 0 ? 0 : (size_t)limit, NULL, 0};
    Py_BEGIN_ALLOW_THREADS
    right = scan_all(t, sides, data, n, plain, &hits);
    Py_END_ALLOW_THREADS
    PyMem_Free(data);
    if (right) return hits_value(&hits);
    free(hits.data);
    return PyErr_NoMemory();
}

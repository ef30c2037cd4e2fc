/* What the end of a text may be the beginning of, while more of it is to come: runs of block codes that are not closed, and phrases. Included by
 * _interpreter.c. */

enum { ANY_BYTE = 9, TAILS_MOST = 3 }; /* a state of no table: the bytes before are not known; and how many bytes may follow a character's first */
enum { NEAR = 16, DENSE_ALPHABET = 32 }; /* a code of so many symbols is looked at in the last NEAR characters first, then in twice as many, up to eight times: mostly all runs end there */
enum { AFRESH, CUT, BACKWARDS }; /* how a lane begins: what came before is of no interest; a longer text was cut there; the same, and it is read backwards */

/* One lane over what is known of a reading. cut: what comes before the first symbol is not known, and `reach` is how far the run that goes on there goes. */
typedef struct {
    const Tables *t;
    const Machine *m;
    size_t n, first, begun, mark, reach;
    uint32_t ring[8], seen, value, tails;
    uint8_t utf8;
    int marked, cut, closed;
} Open;

static void open_break(Open *o) {
    o->first = o->n;
    o->utf8 = 0;
    o->closed = 1;
}

static void open_character(Open *o, uint32_t c, size_t from, size_t stop) {
    uint32_t entry = fold_entry(&o->t->folds[0], c);
    if (entry && !(entry & 31)) return; /* invisible */
    if (o->first == o->n) o->first = from;
    o->reach = stop;
}

static void open_unknown(Open *o, size_t stop) {
    o->utf8 = ANY_BYTE;
    o->tails = 0;
    o->reach = stop;
}

static void open_byte(Open *o, uint32_t byte, size_t from, size_t stop) {
    if (o->utf8 == ANY_BYTE) {
        if ((byte & 0xC0) == 0x80) {
            if (++o->tails > TAILS_MOST) open_break(o);
            else o->reach = stop;
            return;
        }
        o->utf8 = 0;
    }
    uint8_t next = o->t->utf8[o->utf8 * 256 + byte];
    if (next == REJECT && o->utf8) {
        open_break(o);
        next = o->t->utf8[byte];
    }
    if (next == REJECT) {
        open_break(o);
        return;
    }
    o->value = o->utf8 ? o->value << 6 | (byte & 0x3F) : byte & o->t->leads[byte];
    if (!o->utf8) o->begun = from;
    o->utf8 = next;
    if (!next) open_character(o, o->value & 0x1FFFFF, o->begun, stop);
}

static void open_bytes(Open *o, const Op *op, uint64_t acc, size_t stop) {
    int known = !o->cut || (op->flags & MARKED ? o->marked : op->back < o->seen);
    uint32_t back = op->back < o->seen ? op->back : (o->seen ? o->seen - 1 : 0);
    size_t from = op->flags & MARKED ? o->mark : o->ring[(o->seen - 1 - back) & 7];
    for (uint32_t k = 0; k < op->count; k++) {
        if (known) open_byte(o, (uint32_t)(acc >> (op->shift - 8 * k) & 255), from, stop);
        else open_unknown(o, stop);
    }
}

/* Where what was read and is in no byte yet begins. */
static size_t open_pending(const Open *o, uint32_t state) {
    if (!o->seen) return o->marked && state != o->m->starts[0] ? o->mark : o->n;
    for (uint32_t more = 1; more <= 8; more++) {
        const Op *op = op_at(o->m, state, o->m->members[0]);
        if (op->kind == BYTES) {
            uint32_t used = op->back + 1 > more ? op->back + 1 - more : 0;
            if (!used) return o->n;
            return o->ring[(used < o->seen ? o->seen - used : 0) & 7];
        }
        state = op->next;
    }
    return 0;
}

/* Run a lane; return where, counted from the beginning of `symbols`, the run that is open at their end begins, and of a text that was cut SIZE_MAX where that may
 * be before it; BACKWARDS, where the one that is open at their beginning ends. */
static size_t open_lane(const Tables *t, const Machine *m, const uint8_t *symbols, size_t n, uint32_t state, int how) {
    Open o = {t, m, n, n, 0, 0, 0, {0}, 0, 0, 0, how == AFRESH ? 0 : ANY_BYTE, 0, how != AFRESH, 0};
    uint64_t acc = 0;
    uint32_t refeeds = 0;
    for (size_t position = 0; position < n;) {
        const Op *op = op_at(m, state, symbols[position]);
        if (op->next == state && op->kind == NONE && !op->flags && op->mul == 1 && !op->add && !~op->keep) { /* a symbol that is skipped */
            position++;
            refeeds = 0;
            continue;
        }
        size_t stop = op->flags & REFEED ? position : position + 1;
        state = op->next;
        if (op->flags & MARK) { o.mark = position; o.marked = 1; }
        acc = accumulate(acc, op->mul, op->add);
        if (op->flags & SYMBOL) o.ring[o.seen++ & 7] = (uint32_t)position;
        switch (op->kind) {
        case NONE: break;
        case BYTES: open_bytes(&o, op, acc, stop); break;
        case CODE:
            if (o.cut && !o.marked) open_unknown(&o, stop);
            else if (acc >= CODE_POINTS) open_break(&o);
            else open_character(&o, (uint32_t)acc, o.mark, stop);
            break;
        case TEXT: open_character(&o, '.', o.marked ? o.mark : position, stop); break;
        case BREAK: open_break(&o); break;
        default: return how == BACKWARDS ? n : 0; /* no step of a block code: nothing is known */
        }
        acc &= op->keep;
        if (how == BACKWARDS && o.closed) return o.reach;
        if (!(op->flags & REFEED)) { position++; refeeds = 0; }
        else if (++refeeds > REFEED_LIMIT) return how == BACKWARDS ? n : 0;
    }
    if (how == BACKWARDS) return o.reach;
    if (how == CUT && !o.closed) return SIZE_MAX;
    if (o.utf8 && o.first == n) o.first = o.begun;
    size_t pending = open_pending(&o, state);
    return pending < o.first ? pending : o.first;
}

/* One of the lanes that read the same symbols, each at its own phase, as `open_lane` does: the loader has checked that these are bits, or digits of a radix. */
static size_t open_phase(const Tables *t, const Machine *m, const uint8_t *symbols, size_t n, uint32_t phase, int how) {
    Open o = {t, m, n, n, 0, 0, 0, {0}, 0, 0, 0, how == AFRESH ? 0 : ANY_BYTE, 0, how != AFRESH, 0};
    uint32_t bits = (uint32_t)m->bits, turn = (uint32_t)m->turn, have = m->radix ? phase : phase * bits % 8; /* symbols of a group; or bits that are in no byte */
    uint64_t acc = 0;
    for (size_t position = 0; position < n; position++) {
        uint32_t worth = m->worth[symbols[position]];
        if (worth == SKIPPED) continue;
        o.ring[o.seen++ & 7] = (uint32_t)position;
        acc = m->radix ? acc * m->radix + worth : acc << bits | worth;
        have += m->radix ? 1 : bits;
        if (have < (m->radix ? turn : 8)) continue;
        uint32_t left = m->radix ? 0 : have - 8, count = m->radix ? 4 : 1, back = m->radix ? turn - 1 : (have + bits - 1) / bits - 1;
        int known = !o.cut || back < o.seen;
        size_t from = o.ring[(o.seen - 1 - (back < o.seen ? back : o.seen - 1)) & 7];
        for (uint32_t k = count; k-- > 0;) {
            if (known) open_byte(&o, (uint32_t)(acc >> (left + 8 * k) & 255), from, position + 1);
            else open_unknown(&o, position + 1);
        }
        have = left;
        acc = m->radix ? 0 : acc & ((1u << left) - 1);
        if (how == BACKWARDS && o.closed) return o.reach;
    }
    if (how == BACKWARDS) return o.reach;
    if (how == CUT && !o.closed) return SIZE_MAX;
    if (o.utf8 && o.first == n) o.first = o.begun;
    uint32_t used = m->radix ? have : (have + bits - 1) / bits;
    size_t pending = used && o.seen ? o.ring[(used < o.seen ? o.seen - used : 0) & 7] : n;
    return pending < o.first ? pending : o.first;
}

/* Whether every state is one that a lane may be in where a text was cut. */
static int of_symbols(const Machine *m) {
    for (size_t i = 0; i < m->op_count; i++) if (m->ops[i].flags & SYMBOL) return 1;
    return 0;
}

/* What a lane does at a symbol that is none of its code's. */
enum { GOES_ON, AT_PADDING, AT_FOREIGN };
static int starts_afresh(const Machine *m, uint32_t start) {
    uint32_t inside = op_at(m, start, m->members[0])->next;
    if (op_at(m, inside, OTHER)->next == start) return AT_FOREIGN;
    return !m->alphabet['='] && op_at(m, inside, '=')->next == start ? AT_PADDING : GOES_ON;
}

/* Run the lanes of a dense code over a text that was cut: its phases, which go on over foreign symbols, and, behind the first of these, the lane that begins afresh at
 * each; without padding there is no other. Return the least of where they are open, or the most of how far; SIZE_MAX where one may be open from the beginning. */
static size_t open_dense(const Tables *t, const Machine *m, const uint8_t *symbols, size_t n, int how) {
    size_t found = how == BACKWARDS ? 0 : n;
    for (int l = 0; l < m->lanes; l++) {
        size_t from = 0;
        int afresh = starts_afresh(m, m->starts[l]);
        if (afresh == AT_PADDING) continue;
        if (afresh == AT_FOREIGN) for (from = 0; from < n && symbols[from] < OTHER && m->alphabet[symbols[from]];) from++;
        if (from == n) continue;
        size_t at = l < m->turn ? open_phase(t, m, symbols, n, (uint32_t)l, how) : open_lane(t, m, symbols + from, n - from, m->starts[l], how);
        if (at == SIZE_MAX) return at;
        at += from;
        if (how == BACKWARDS ? at > found : at < found) found = at;
    }
    return found;
}

static size_t open_machine(const Tables *t, const Machine *m, const uint8_t *symbols, size_t n, int every, int backwards, int padded) {
    size_t from = n;
    int radix = of_symbols(m), all = backwards || (every && radix);
    if (radix && m->member_count >= DENSE_ALPHABET && !padded) {
        if (backwards) return n - open_dense(t, m, symbols, n, BACKWARDS);
        for (size_t near = NEAR; near <= 8 * NEAR && near < n; near *= 2)
            if ((from = open_dense(t, m, symbols + n - near, near, CUT)) != SIZE_MAX) return n - near + from;
        from = n;
    }
    for (uint32_t l = 0; l < (all ? m->states : (uint32_t)m->lanes); l++) {
        size_t at = open_lane(t, m, symbols, n, all ? l : m->starts[l], backwards ? BACKWARDS : AFRESH);
        if (backwards) at = n - at;
        if (at < from) from = at;
    }
    return from;
}

/* Whether nothing happens, in any state that is reached, at the symbols of a text that are none of a machine's; `all`: it may begin in any state. */
static int is_inert(const Machine *m, const uint8_t present[OTHER + 1], int all) {
    uint32_t reached = 0, before;
    if (m->states > 16 || m->member_count >= DENSE_ALPHABET) return 0;
    for (uint32_t s = 0; s < (all ? m->states : (uint32_t)m->lanes); s++) reached |= 1u << (all ? s : m->starts[s]);
    do {
        before = reached;
        for (int symbol = 0; symbol <= OTHER; symbol++)
            for (uint32_t state = 0; present[symbol] && state < m->states; state++) {
                if (!(reached >> state & 1)) continue;
                const Op *op = op_at(m, state, symbol);
                reached |= 1u << op->next;
                if (symbol < OTHER && m->alphabet[symbol]) continue;
                if (op->next != state || op->kind != NONE || op->flags || op->mul != 1 || op->add || ~op->keep) return 0;
            }
    } while (reached != before);
    return 1;
}

/* The same of a machine for which only its own symbols count: over these alone. */
static size_t open_sparse(const Tables *t, const Machine *m, const uint8_t *symbols, size_t n, int every, int backwards, uint8_t *own, uint32_t *places) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (symbols[i] < OTHER && m->alphabet[symbols[i]]) {
            places[count] = (uint32_t)(backwards ? n - 1 - i : i);
            own[count++] = symbols[i];
        }
    size_t at = open_machine(t, m, own, count, every, backwards, 1);
    if (at == count) return n;
    return places[backwards ? count - 1 - at : at];
}

/* From where on the end of a text may be part of a run that is not closed; `every`: lanes may be in any state where the text begins. */
static size_t open_from(const Tables *t, const uint32_t *text, size_t n, int every, uint8_t *symbols, uint32_t *places) {
    size_t from = n;
    for (int r = 0; r < t->reading_count; r++) {
        int backwards = t->reading_backwards[r];
        const uint8_t *map = t->maps + t->reading_alphabet[r] * 128;
        uint8_t present[OTHER + 1] = {0};
        for (size_t i = 0; i < n; i++) {
            uint32_t c = text[backwards ? n - 1 - i : i];
            present[symbols[i] = c < OTHER ? map[c] : OTHER] = 1;
        }
        for (int k = 0; k < t->machine_count; k++) {
            const Machine *m = &t->machines[k];
            int some = 0;
            if (!m->runs || !(m->readings >> r & 1)) continue;
            for (int i = 0; i < m->member_count; i++) some |= present[m->members[i]];
            if (!some) continue;
            size_t at = is_inert(m, present, every || backwards) ? open_sparse(t, m, symbols, n, every, backwards, symbols + n, places)
                                             : open_machine(t, m, symbols, n, every, backwards, present['=']);
            if (at < from) from = at;
        }
    }
    return from;
}

/* open_from(tables, text, every) -> int. */
static PyObject *py_open_from(PyObject *self, PyObject *args) {
    PyObject *capsule, *text;
    int every;
    (void)self;
    if (!PyArg_ParseTuple(args, "OUp", &capsule, &text, &every)) return NULL;
    const Tables *t = PyCapsule_GetPointer(capsule, "ringwall.tables");
    Py_UCS4 *data = t ? PyUnicode_AsUCS4Copy(text) : NULL;
    if (!data) return NULL;
    size_t n = (size_t)PyUnicode_GetLength(text), from = 0;
    uint8_t *symbols = malloc(2 * n + 1);
    uint32_t *places = malloc((n + 1) * sizeof *places);
    int right = symbols && places;
    Py_BEGIN_ALLOW_THREADS
    if (right) from = open_from(t, data, n, every, symbols, places);
    Py_END_ALLOW_THREADS
    PyMem_Free(data);
    free(symbols);
    free(places);
    if (!right) return PyErr_NoMemory();
    return PyLong_FromSize_t(from);
}

/* Where in a stream the longest beginning of a pattern that its end is begins, as a place; `places` where there is none. The patterns of `mirrored` streams are
 * written backwards, and these are read from their end to their start. */
static uint32_t begun_in(const Tables *t, const Automaton *a, const Stream *s, size_t skipped, int bounded, int mirrored, int alphabets, uint32_t none) {
    size_t count = s->count - skipped, length = count < a->longest ? count : a->longest;
    for (int alphabet = 0; alphabet < alphabets; alphabet++) {
        const uint8_t *columns = t->columns + 256 * alphabet;
        int32_t state = 0;
        if (mirrored) for (size_t i = length; i-- > 0;) state = a->transitions[state + columns[s->symbols[skipped + i]]];
        else for (size_t i = count - length; i < count; i++) state = a->transitions[state + columns[s->symbols[i]]];
        size_t depth = a->depths[(uint32_t)state / a->width];
        if (depth <= (size_t)bounded) continue;
        uint32_t place = s->places.data[mirrored ? skipped + depth - 1 - (size_t)bounded : count - depth + (size_t)bounded];
        if (place < none) none = place;
    }
    return none;
}

/* begun(tables, squashed, bounded, text, mirrored, alphabets) -> from where on the text may be the beginning of a phrase; its length if nowhere. */
static PyObject *py_begun(PyObject *self, PyObject *args) {
    PyObject *capsule, *squashed, *bounded, *text;
    int mirrored, turned, single, right;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOUpp", &capsule, &squashed, &bounded, &text, &mirrored, &turned)) return NULL;
    const Tables *t = PyCapsule_GetPointer(capsule, "ringwall.tables");
    const Automaton *sides[2] = {NULL, NULL};
    if (!t || !both_sides(t, squashed, bounded, sides)) return NULL;
    for (int k = 0; k < 2; k++) if (sides[k] && !sides[k]->depths) { refuse("a phrase table has no depths"); return NULL; }
    Py_UCS4 *data = PyUnicode_AsUCS4Copy(text);
    if (!data) return NULL;
    size_t n = (size_t)PyUnicode_GetLength(text);
    Stream symbols = {0}, stream = {0};
    uint32_t from = (uint32_t)n;
    Py_BEGIN_ALLOW_THREADS
    right = write_symbols(t, data, n, mirrored, &symbols, &single);
    for (int leet = 1; right && leet >= 0; leet--) for (int k = 0; right && k < 2; k++) {
        if (!sides[k] || !symbols.count) continue;
        right = write_stream(t, &symbols, k, leet, &stream);
        size_t skipped = 0;
        if (right && k && !is_dropped(t, symbols.symbols[mirrored ? 0 : symbols.count - 1], leet)) skipped = 1; /* the separator at the cut is none of the text's */
        if (right) from = begun_in(t, sides[k], &stream, skipped, k, mirrored, turned ? t->alphabet_count : 1, from);
    }
    Py_END_ALLOW_THREADS
    PyMem_Free(data);
    stream_free(&symbols);
    stream_free(&stream);
    if (!right) return PyErr_NoMemory();
    return PyLong_FromUnsignedLong(from);
}

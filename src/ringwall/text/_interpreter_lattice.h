/* Every choice of what is an escape and what is not, at once, against the phrase automaton (lattice.py says why). Included by _interpreter.c. */

enum { LATTICE_THREADS = 96, LATTICE_ROOM = 512, LATTICE_HASH = 2048, COPYING = -1 };

typedef struct {
    int32_t machine, automaton, node;
    uint32_t state, mark, value, since;
    uint64_t acc;
    uint8_t separated, utf8;
} Thread;

typedef struct { int32_t parent; uint32_t start, end, first, count; } Choice; /* text: `chars` from `first`, `count` of them */

typedef struct {
    const Tables *t;
    const Automaton *a;
    int bounded, with_leet, failed;
    const Machine *machines[MAX_MACHINES];
    int machine_count;
    Thread now[LATTICE_ROOM], next[LATTICE_ROOM];
    size_t now_count, next_count;
    uint32_t stamps[LATTICE_HASH], places[LATTICE_HASH], stamp;
    Choice *choices;
    size_t choice_count, choice_room;
    Ints chars, found; /* found: choice indices in the order of discovery */
    uint8_t *pattern_found;
    Stream folded;
} Lattice;

static int same_thread(const Thread *x, const Thread *y) {
    return x->machine == y->machine && x->state == y->state && x->acc == y->acc && x->automaton == y->automaton && x->separated == y->separated &&
           x->utf8 == y->utf8 && x->value == y->value;
}

static void keep_thread(Lattice *l, const Thread *thread) {
    uint64_t h = 1469598103934665603u;
    const uint64_t parts[5] = {(uint64_t)(uint32_t)thread->machine << 32 | thread->state, thread->acc, (uint64_t)(uint32_t)thread->automaton,
                               (uint64_t)thread->value << 8 | thread->utf8, thread->separated};
    for (int i = 0; i < 5; i++) { h ^= parts[i]; h *= 1099511628211u; h ^= h >> 29; }
    for (size_t slot = h % LATTICE_HASH;; slot = (slot + 1) % LATTICE_HASH) {
        if (l->stamps[slot] != l->stamp) {
            if (l->next_count == LATTICE_ROOM) { l->failed = 1; return; }
            l->stamps[slot] = l->stamp;
            l->places[slot] = (uint32_t)l->next_count;
            l->next[l->next_count++] = *thread;
            return;
        }
        if (same_thread(&l->next[l->places[slot]], thread)) return;
    }
}

static void record_choice(Lattice *l, const Thread *thread) {
    const Automaton *a = l->a;
    int64_t place = (int64_t)(thread->automaton / (int32_t)a->width) - a->first_accepting;
    for (uint32_t guard = 0; place >= 0 && guard < a->states; guard++, place = a->links[place])
        for (int32_t k = a->output_starts[place]; k < a->output_starts[place + 1]; k++) {
            uint32_t pattern = (uint32_t)a->outputs[k];
            if (!(a->where[pattern] & IN_ORDER) || (uint64_t)a->lengths[pattern] + 1 <= thread->since) continue;
            if (!l->pattern_found && !(l->pattern_found = calloc(a->pattern_count, 1))) { l->failed = 1; return; }
            if (l->pattern_found[pattern]) continue;
            l->pattern_found[pattern] = 1;
            if (!ints_push(&l->found, (uint32_t)thread->node)) l->failed = 1;
        }
}

static void feed_column(Lattice *l, Thread *thread, uint32_t column, int separates) {
    thread->separated = (uint8_t)separates;
    thread->automaton = l->a->transitions[(size_t)thread->automaton + column];
    if (thread->since < UINT32_MAX) thread->since++;
    if (thread->automaton >= (int32_t)(l->a->first_accepting * l->a->width) && thread->node >= 0) record_choice(l, thread);
}

static void feed_dropped(Lattice *l, Thread *thread) {
    if (l->bounded && !thread->separated) feed_column(l, thread, 0, 1);
}

/* Move a thread's automaton over one character, folded. */
static void feed_character(Lattice *l, Thread *thread, uint32_t c) {
    const Tables *t = l->t;
    const Fold *characters = &t->folds[0], *letters = &t->folds[1];
    uint32_t outer = fold_entry(characters, c), outer_count = outer ? outer & 31 : 1;
    for (uint32_t i = 0; i < outer_count; i++) {
        uint32_t d = outer ? characters->pool[(outer >> 5) + i] : c;
        uint32_t inner = fold_entry(letters, d), inner_count = inner ? inner & 31 : 1;
        stream_clear(&l->folded);
        for (uint32_t k = 0; k < inner_count; k++)
            if (!push_letter(t, &l->folded, inner ? letters->pool[(inner >> 5) + k] : d, 0)) { l->failed = 1; return; }
        for (size_t k = 0; k < l->folded.count; k++) {
            uint8_t symbol = l->folded.symbols[k];
            if (is_dropped(t, symbol, l->with_leet)) feed_dropped(l, thread);
            else feed_column(l, thread, t->columns[symbol], 0);
        }
    }
}

/* Remember that a thread took an escape, and read what it stands for. */
static void take_escape(Lattice *l, Thread *thread, uint32_t start, uint32_t end, const uint32_t *chars, uint32_t count) {
    if (l->choice_count == l->choice_room) {
        size_t room = l->choice_room ? l->choice_room * 2 : 256;
        Choice *data = room > INT32_MAX ? NULL : realloc(l->choices, room * sizeof *data);
        if (!data) { l->failed = 1; return; }
        l->choices = data;
        l->choice_room = room;
    }
    l->choices[l->choice_count] = (Choice){thread->node, start, end, (uint32_t)l->chars.count, count};
    thread->node = (int32_t)l->choice_count++;
    thread->since = 0;
    for (uint32_t k = 0; k < count; k++) if (!ints_push(&l->chars, chars[k])) { l->failed = 1; return; }
    for (uint32_t k = 0; k < count; k++) feed_character(l, thread, chars[k]);
}

/* One byte of a character; returns whether it is complete, in `*c`. */
static int take_byte(const Tables *t, Thread *thread, uint32_t byte, uint32_t *c) {
    uint8_t started = thread->utf8 == 0, next = t->utf8[thread->utf8 * 256 + byte];
    if (next == REJECT && !started) { next = t->utf8[byte]; started = 1; }
    *c = started ? byte & t->leads[byte] : (thread->value << 6 | (byte & 0x3F)) & 0x1FFFFF;
    thread->utf8 = next == REJECT ? 0 : next;
    thread->value = thread->utf8 ? *c : 0;
    return next == 0;
}

/* Move a thread that is in an escape: 0 it failed, 1 it goes on, 2 it copies again, 3 it copies and the character is to be read again. */
static int escape_step(Lattice *l, Thread *thread, uint32_t position, uint32_t symbol) {
    const Machine *m = l->machines[thread->machine];
    const Op *op = &m->ops[m->transitions[(size_t)thread->state * m->classes_count + m->classes[symbol]]];
    uint64_t acc = accumulate(thread->acc, op->mul, op->add);
    if (op->kind == NONE && !(op->flags & CHANGE)) {
        thread->state = op->next;
        thread->acc = acc & op->keep;
        return symbol != END;
    }
    uint32_t stop = op->flags & REFEED || symbol == END ? position : position + 1, start = thread->mark, c = 0, count = 0;
    const uint32_t *chars = &c;
    if (op->kind == BYTES) {
        count = (uint32_t)take_byte(l->t, thread, acc >> op->shift & 255, &c);
    } else if (op->kind == CODE || op->kind == TEXT || op->kind == NONE) {
        thread->utf8 = 0;
        thread->value = 0;
        c = acc < CODE_POINTS ? (uint32_t)acc : CODE_POINTS;
        if (op->kind == CODE) count = c < CODE_POINTS && !(c >= 0xD800 && c < 0xE000);
        else { chars = m->texts + op->offset; count = op->length; }
    } else return 0;
    thread->machine = COPYING;
    thread->state = 0;
    thread->acc = 0;
    thread->mark = 0;
    take_escape(l, thread, start, stop, chars, count);
    return op->flags & REFEED ? 3 : 2;
}

static void thread_step(Lattice *l, Thread thread, uint32_t position, uint32_t character) {
    uint32_t symbol = character < OTHER ? character : OTHER;
    if (thread.machine != COPYING) {
        int moved = escape_step(l, &thread, position, symbol);
        if (moved == 1 || moved == 2) keep_thread(l, &thread);
        if (moved != 3) return;
    }
    Thread copy = thread;
    copy.utf8 = 0;
    copy.value = 0;
    feed_character(l, &copy, character);
    keep_thread(l, &copy);
    for (int k = 0; k < l->machine_count; k++) {
        const Machine *m = l->machines[k];
        const Op *op = &m->ops[m->transitions[(size_t)m->starts[0] * m->classes_count + m->classes[symbol]]];
        if (!(op->flags & MARK)) continue;
        Thread begun = thread;
        begun.machine = k;
        begun.state = op->next;
        begun.acc = op->add & op->keep;
        begun.mark = position;
        keep_thread(l, &begun);
    }
}

/* 0 on failure of memory, 1 done, 2 too many threads. */
static int lattice_run(Lattice *l, const uint32_t *text, size_t n) {
    Thread idle = {COPYING, 0, -1, 0, 0, 0, 1u << 30, 0, 0, 0};
    if (l->bounded) feed_column(l, &idle, 0, 1);
    l->now[0] = idle;
    l->now_count = 1;
    for (size_t i = 0; i < n && !l->failed; i++) {
        l->next_count = 0;
        l->stamp++;
        for (size_t k = 0; k < l->now_count; k++) thread_step(l, l->now[k], (uint32_t)i, text[i]);
        if (l->next_count > LATTICE_THREADS) return l->failed ? 0 : 2;
        memcpy(l->now, l->next, l->next_count * sizeof *l->now);
        l->now_count = l->next_count;
    }
    for (size_t k = 0; k < l->now_count && !l->failed; k++) {
        Thread thread = l->now[k];
        if (thread.machine != COPYING && !escape_step(l, &thread, (uint32_t)n, END)) continue;
        if (thread.machine == COPYING) feed_dropped(l, &thread);
    }
    return !l->failed;
}

static PyObject *choices_value(const Lattice *l, int32_t node) {
    PyObject *made = PyList_New(0);
    for (; made && node >= 0; node = l->choices[node].parent) {
        const Choice *c = &l->choices[node];
        PyObject *item = Py_BuildValue("(IIN)", c->start, c->end, text_of(l->chars.data + c->first, c->count));
        if (!item || PyList_Append(made, item) < 0) Py_CLEAR(made);
        Py_XDECREF(item);
    }
    if (made && PyList_Reverse(made) < 0) Py_CLEAR(made);
    return made;
}

/* lattice(tables, automaton, text, bounded, with_leet) -> list of choices, or None if there were too many threads. */
static PyObject *py_lattice(PyObject *self, PyObject *args) {
    PyObject *capsule, *automaton, *text, *result = NULL;
    int bounded, with_leet, status;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOUpp", &capsule, &automaton, &text, &bounded, &with_leet)) return NULL;
    const Tables *t = PyCapsule_GetPointer(capsule, "ringwall.tables");
    const Automaton *a = t ? PyCapsule_GetPointer(automaton, "ringwall.automaton") : NULL;
    if (!a) return NULL;
    if (a->width != t->column_count) { refuse("a phrase table has a wrong width"); return NULL; }
    Py_UCS4 *data = PyUnicode_AsUCS4Copy(text);
    Lattice *l = data ? calloc(1, sizeof *l) : NULL;
    if (!l) {
        PyMem_Free(data);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    l->t = t; l->a = a; l->bounded = bounded; l->with_leet = with_leet;
    for (int k = 0; k < t->machine_count; k++) if (t->machines[k].lattice) l->machines[l->machine_count++] = &t->machines[k];
    size_t n = (size_t)PyUnicode_GetLength(text);
    Py_BEGIN_ALLOW_THREADS
    status = lattice_run(l, data, n);
    Py_END_ALLOW_THREADS
    PyMem_Free(data);
    if (status == 0) PyErr_NoMemory();
    else if (status == 2) result = Py_NewRef(Py_None);
    else result = PyList_New(0);
    for (size_t i = 0; status == 1 && result && i < l->found.count; i++) {
        PyObject *made = choices_value(l, (int32_t)l->found.data[i]);
        if (!made || PyList_Append(result, made) < 0) Py_CLEAR(result);
        Py_XDECREF(made);
    }
    free(l->choices); free(l->chars.data); free(l->found.data); free(l->pattern_found);
    stream_free(&l->folded);
    free(l);
    return result;
}

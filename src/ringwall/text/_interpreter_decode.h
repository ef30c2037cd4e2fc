/* Decoders: machines over the ASCII shadow of a text, and the sinks that make characters of what they emit. Included by _interpreter.c. */

typedef struct { uint8_t kind; uint32_t value, start, end; } Unit; /* kind: BYTES, CODE, COPY or BREAK */
typedef struct { Unit *data; size_t count, room; } Units;

/* One reading of one text: symbols in reading order, and the characters themselves for copies. */
typedef struct { const uint8_t *symbols; const uint32_t *characters; size_t length; int alphabet, backwards; uint64_t counts[OTHER + 1]; } Source; /* END behind the last symbol */

/* A result list kept outside Python while the lock is released. */
typedef struct { int reading, machine; Run run; } Found;
typedef struct { Found *data; size_t count, room, cost, limit; } FoundList; /* over its limit it is empty, and stays so */
enum { RUN_COST = 64 }; /* characters that a run costs besides its own: objects, not text, are most of a short one */

static void found_clear(FoundList *list) {
    for (size_t i = 0; i < list->count; i++) run_free(&list->data[i].run);
    list->count = 0;
}

static int ints_copy(Ints *to, const Ints *from) {
    to->data = malloc((from->count + 1) * sizeof *to->data); /* no more than is held: there may be many, and short ones */
    if (!to->data) return 0;
    memcpy(to->data, from->data, from->count * sizeof *to->data);
    to->count = from->count;
    to->room = from->count + 1;
    return 1;
}

static int found_push(FoundList *list, int reading, int machine, const Run *run) {
    list->cost += run->text.count + RUN_COST;
    if (list->cost > list->limit) {
        found_clear(list);
        return 1;
    }
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 16;
        Found *data = realloc(list->data, room * sizeof *data);
        if (!data) return 0;
        list->data = data;
        list->room = room;
    }
    Found *f = &list->data[list->count];
    *f = (Found){reading, machine, {{0}, {0}, {0}}};
    list->count++;
    return ints_copy(&f->run.text, &run->text) && ints_copy(&f->run.starts, &run->starts) && ints_copy(&f->run.ends, &run->ends);
}

static int unit_push(Units *u, uint8_t kind, uint32_t value, size_t start, size_t end) {
    if (u->count == u->room) {
        size_t room = u->room ? u->room * 2 : 256;
        Unit *data = realloc(u->data, room * sizeof *data);
        if (!data) return 0;
        u->data = data;
        u->room = room;
    }
    u->data[u->count++] = (Unit){kind, value, (uint32_t)start, (uint32_t)end};
    return 1;
}

static uint32_t copied_character(const Source *s, size_t position) {
    if (s->symbols[position] < OTHER) return s->symbols[position];
    return s->characters[s->backwards ? s->length - 1 - position : position];
}

static uint64_t accumulate(uint64_t acc, uint64_t mul, uint64_t add) {
    acc = acc * mul + add; /* acc <= 2^40, mul < 2^26 */
    return acc > ACC_LIMIT ? ACC_LIMIT : acc;
}

typedef struct { uint64_t count; size_t last[DENSE_CHANGES]; int dense; } Changes;

/* Take dull steps; return where there is none, and the state there. */
static size_t skip_dull(const Machine *m, const Source *s, size_t position, uint32_t *state) {
    int32_t row = (int32_t)(*state * ALPHABET), next;
    if (m->by_two && (*state == m->parts[0] || *state == m->parts[1] || *state == m->parts[2])) {
        uint32_t last = *state == m->parts[0] ? GAP : CHARACTER, before = *state == m->parts[2] ? CHARACTER : GAP;
        for (; position < s->length; position++) {
            uint32_t here = m->part[s->symbols[position]];
            if (here >> 2 & last >> 1 & before & 1) break; /* behind a single character, where it leaves */
            before = last;
            last = here;
        }
        *state = m->parts[last & GAP ? 0 : before & GAP ? 1 : 2];
        return position;
    }
    for (; (next = m->dull[row + s->symbols[position]]) >= 0; position++) row = next;
    *state = (uint32_t)row / ALPHABET;
    return position;
}

/* Run one lane of one machine. With `units` NULL only the changes are counted. */
static int lane(const Machine *m, const Source *s, uint32_t start, Units *units, Changes *changes) {
    uint32_t ring[8] = {0}, state = start, symbols_seen = 0, refeeds = 0;
    size_t position = 0, mark = 0, failed = 0, rewound = 0, n = s->length;
    uint64_t acc = 0;
    *changes = (Changes){0, {0}, 0};
    for (;;) {
        if (m->dull && !units) { /* nothing to count, and what is accumulated is used nowhere but in units */
            size_t begun = position;
            position = skip_dull(m, s, position, &state);
            if (position > begun) refeeds = 0;
        }
        uint32_t symbol = position < n ? s->symbols[position] : END;
        const Op *op = &m->ops[m->transitions[(size_t)state * m->classes_count + m->classes[symbol]]];
        state = op->next;
        if (symbol == END && op->kind == NONE) return OK;
        if (op->flags & MARK) mark = position;
        acc = accumulate(acc, op->mul, op->add);
        if (op->flags & SYMBOL) ring[symbols_seen++ & 7] = (uint32_t)position;
        if (op->flags & CHANGE) {
            changes->last[changes->count++ % DENSE_CHANGES] = position;
            if (changes->count >= DENSE_CHANGES && position - changes->last[changes->count % DENSE_CHANGES] <= DENSE_WINDOW) changes->dense = 1;
        }
        size_t stop = op->flags & REFEED ? position : (position + 1 < n ? position + 1 : n);
        int right = 1;
        switch (op->kind) {
        case BYTES: {
            uint32_t back = op->back < symbols_seen ? op->back : (symbols_seen ? symbols_seen - 1 : 0);
            size_t first = op->flags & MARKED ? mark : ring[(symbols_seen - 1 - back) & 7];
            size_t last = op->flags & MARKED ? stop : (size_t)ring[(symbols_seen - 1) & 7] + 1;
            for (uint32_t k = 0; units && right && k < op->count; k++) right = unit_push(units, BYTES, acc >> (op->shift - 8 * k) & 255, first, last);
            break;
        }
        case CODE:
            if (units) right = unit_push(units, CODE, acc >= CODE_POINTS ? CODE_POINTS : (uint32_t)acc, mark, stop);
            break;
        case COPY:
            if (position < op->back || position - op->back >= n) return BAD_TABLE;
            if (units) right = unit_push(units, COPY, copied_character(s, position - op->back), position - op->back, position - op->back + 1);
            break;
        case TEXT:
            for (uint32_t k = 0; units && right && k < op->length; k++) right = unit_push(units, CODE, m->texts[op->offset + k], mark, stop);
            break;
        case BREAK:
            if (units && !(units->count && units->data[units->count - 1].kind == BREAK)) right = unit_push(units, BREAK, 0, position, position);
            break;
        case FAIL:
            if (mark < failed || mark >= n) return BAD_TABLE;
            if (units) right = unit_push(units, COPY, copied_character(s, mark), mark, mark + 1);
            acc = 0;
            break;
        default: break;
        }
        if (!right) return NO_MEMORY;
        acc &= op->keep;
        if (op->kind == FAIL) {
            position = failed = mark + 1;
            refeeds = 0;
        } else if (op->kind == REWIND) {
            if (mark < rewound || mark > position) return BAD_TABLE;
            position = mark;
            rewound = mark + 1;
            refeeds = 0;
        } else if (op->flags & REFEED || symbol == END) {
            if (++refeeds > REFEED_LIMIT) return BAD_TABLE;
        } else {
            position++;
            refeeds = 0;
        }
    }
}

/* ---- sinks ---- */

typedef struct {
    const Tables *t;
    const Machine *m;
    FoundList *found;
    int reading, machine;
    size_t length; /* of the text, to turn ranges round */
    int backwards;
    uint64_t letters;
    Run run;
} Sink;

static int sink_end_run(Sink *s) {
    int right = (s->letters < s->m->run_minimum && s->run.text.count < 2 * s->m->run_minimum) || found_push(s->found, s->reading, s->machine, &s->run);
    run_clear(&s->run);
    s->letters = 0;
    return right;
}

static int sink_character(Sink *s, uint32_t c, uint32_t start, uint32_t end) {
    if (s->backwards) {
        uint32_t turned = (uint32_t)s->length - end;
        end = (uint32_t)s->length - start;
        start = turned;
    }
    if (s->m->runs) {
        uint32_t entry = fold_entry(&s->t->folds[0], c);
        if (entry && !(entry & 31)) return 1; /* invisible */
        s->letters += is_letter(s->t, c);
    }
    return run_push(&s->run, c, start, end);
}

static int sink_malformed(Sink *s, uint32_t byte, uint32_t start, uint32_t end) {
    return s->m->runs ? sink_end_run(s) : sink_character(s, byte, start, end);
}

/* Join bytes (UTF-8) and code units (UTF-16 pairs) to characters. */
static int sink_units(Sink *s, const Unit *units, size_t count) {
    uint8_t state = 0;
    uint32_t value = 0;
    size_t pending = 0; /* units before the current one that are bytes of an unfinished character */
    const Unit *high = NULL;
    int right = 1;
    for (size_t i = 0; right && i < count; i++) {
        const Unit *u = &units[i];
        if (high) {
            if (u->kind == CODE && u->value >= 0xDC00 && u->value < 0xE000) {
                right = sink_character(s, 0x10000 + ((high->value - 0xD800) << 10) + u->value - 0xDC00, high->start, u->end);
                high = NULL;
                continue;
            }
            right = sink_malformed(s, 0xFFFD, high->start, high->end);
            high = NULL;
        }
        uint8_t next = u->kind == BYTES ? s->t->utf8[state * 256 + u->value] : REJECT;
        if (pending && (u->kind != BYTES || next == REJECT)) {
            for (size_t k = i - pending; right && k < i; k++) right = sink_malformed(s, units[k].value, units[k].start, units[k].end);
            pending = 0;
            state = 0;
            if (u->kind == BYTES) next = s->t->utf8[u->value];
        }
        if (!right) break;
        if (u->kind != BYTES) {
            if (u->kind == CODE && u->value >= 0xD800 && u->value < 0xDC00) high = u;
            else if (u->kind == BREAK || u->value >= CODE_POINTS || (u->kind == CODE && u->value >= 0xDC00 && u->value < 0xE000)) right = sink_malformed(s, 0xFFFD, u->start, u->end);
            else right = sink_character(s, u->value, u->start, u->end);
            continue;
        }
        if (next == REJECT) { right = sink_malformed(s, u->value, u->start, u->end); continue; }
        value = pending ? value << 6 | (u->value & 0x3F) : u->value & s->t->leads[u->value];
        pending++;
        state = next;
        if (state == 0) {
            right = sink_character(s, value & 0x1FFFFF, units[i + 1 - pending].start, u->end);
            pending = 0;
        }
    }
    if (right && high) right = sink_malformed(s, 0xFFFD, high->start, high->end);
    for (size_t k = count - pending; right && k < count; k++) right = sink_malformed(s, units[k].value, units[k].start, units[k].end);
    return right;
}

#include "_interpreter_phases.h"
#include "_interpreter_blocks.h"

#include "_interpreter_jobs.h"

static PyObject *py_decode(PyObject *self, PyObject *args) {
    PyObject *capsule, *text, *result = NULL;
    int mapped, sparse, status;
    Py_ssize_t limit;
    (void)self;
    if (!PyArg_ParseTuple(args, "OUppn", &capsule, &text, &mapped, &sparse, &limit)) return NULL;
    Tables *t = PyCapsule_GetPointer(capsule, "ringwall.tables");
    Py_UCS4 *data = t ? PyUnicode_AsUCS4Copy(text) : NULL;
    if (!data) return NULL;
    size_t n = (size_t)PyUnicode_GetLength(text);
    FoundList found = {NULL, 0, 0, 0, limit > 0 ? (size_t)limit : 0};
    Py_BEGIN_ALLOW_THREADS
    status = decode_all(t, data, n, mapped ? t->reading_count : 1, sparse, &found);
    Py_END_ALLOW_THREADS
    PyMem_Free(data);
    if (status == NO_MEMORY) PyErr_NoMemory();
    else if (status) refuse("a decoder does not advance");
    else if (found.cost > found.limit) result = Py_NewRef(Py_None);
    else result = PyList_New((Py_ssize_t)found.count);
    for (size_t i = 0; i < found.count; i++) {
        Found *f = &found.data[i];
        PyObject *item = result ? Py_BuildValue("(iiN)", f->reading, f->machine, run_value(&f->run)) : NULL;
        if (item) PyList_SetItem(result, (Py_ssize_t)i, item);
        else Py_CLEAR(result);
        run_free(&f->run);
    }
    free(found.data);
    return result;
}

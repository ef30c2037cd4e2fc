/* Block codes: many lanes at once, and their bytes to characters only where a run survives. Included by _interpreter_decode.h. */

/* Lanes of any machines and readings, up to four at once (their loads overlap): their bytes, and nothing else. */
enum { ABREAST = 4, SLACK = 64 };
typedef struct { const Fast *packed; const uint8_t *symbols; uint32_t state; uint64_t acc; size_t made; uint8_t *bytes; } Lane;

#define STEP(l, i)                                                                                              \
    do {                                                                                                        \
        const Fast *f = &(l).packed[(l).state + (l).symbols[i]];                                             \
        uint64_t add_mul = f->add_mul, moves = f->next_moves, acc = (l).acc * (uint32_t)add_mul + (add_mul >> 32); \
        (l).state = (uint32_t)moves;                                                                            \
        put_four((l).bytes + (l).made, (uint32_t)(acc >> (moves >> 32 & 63)) << (moves >> 40 & 31));            \
        (l).made += moves >> 48;                                                                                \
        (l).acc = acc & f->keep;                                                                                \
    } while (0)

/* `width` is a constant at each call. */
static inline __attribute__((always_inline)) void fast_loop(size_t first, size_t end, Lane lanes[ABREAST], int width) {
    Lane a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
    for (size_t i = first; i < end; i++) {
        STEP(a, i);
        if (width > 1) STEP(b, i);
        if (width > 2) { STEP(c, i); STEP(d, i); }
    }
    lanes[0] = a; lanes[1] = b; lanes[2] = c; lanes[3] = d;
}

static void fast_lanes(size_t first, size_t end, int width, Lane lanes[ABREAST]) {
    if (width > 2) fast_loop(first, end, lanes, 4);
    else if (width > 1) fast_loop(first, end, lanes, 2);
    else fast_loop(first, end, lanes, 1);
}

/* Read well-formed UTF-8 from `first` on; return where it breaks, and whether the run up to there survives. */
static size_t run_end(const Tables *t, const uint8_t *bytes, size_t first, size_t count, uint64_t minimum, int *survives) {
    uint64_t letters = 0, visible = 0;
    uint32_t value = 0;
    uint8_t state = 0;
    size_t i = first, begun = first;
    for (; i < count; i++) {
        if (!state && t->seen[bytes[i]] != SKIPPED) {
            visible += t->seen[bytes[i]] & 1;
            letters += t->seen[bytes[i]] >> 1;
            continue;
        }
        uint8_t next = t->utf8[state * 256 + bytes[i]];
        if (next == REJECT) break;
        value = state == 0 ? bytes[i] & t->leads[bytes[i]] : value << 6 | (bytes[i] & 0x3F);
        if (state == 0) begun = i;
        state = next;
        if (state) continue;
        uint32_t entry = fold_entry(&t->folds[0], value);
        if (entry && !(entry & 31)) continue;
        visible++;
        letters += is_letter(t, value);
    }
    *survives = letters >= minimum || visible >= 2 * minimum;
    if (state && begun > first) return begun; /* the unfinished character is read afresh, byte by byte */
    return i > first ? i : first + 1;
}

/* Where a lane was after every STRETCH characters, so that the characters of a run are found without reading from the start. */
typedef struct { uint64_t acc; uint32_t state; size_t made; } Mark;
typedef struct { uint32_t ring[8], seen; } Ring; /* the positions that `back` counts, before a stretch */

/* In eight bytes, mark those at which well-formed UTF-8 must break: a tail behind ASCII, anything but a tail behind a lead. Byte k is bits 8k and on. */
static inline uint64_t breaks_among(const uint8_t *bytes) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t x;
    memcpy(&x, bytes, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    uint64_t high = x >> 7 & ones, next = x >> 6 & ones, tail = high & ~next, lead = high & next, ascii = high ^ ones;
    return (tail & ascii << 8) | ((tail ^ ones) & lead << 8);
}

/* Find the runs of a lane that survive, as pairs of byte indices. Most windows of `minimum` bytes hold a place where well-formed UTF-8 must break: look from
 * their end, and skip to it. */
static int surviving_runs(const Tables *t, const uint8_t *bytes, size_t count, uint64_t minimum, Ints *runs) {
    size_t first = 0;
    runs->count = 0;
    while (first + minimum <= count) {
        size_t place = first + minimum - 1;
        int survives = 0;
        if (minimum >= 8) {
            uint64_t breaks = breaks_among(bytes + place - 7);
            if (breaks) { first = place - (size_t)__builtin_clzll(breaks) / 8; continue; }
            place -= 7;
        }
        while (place > first && may_follow[bytes[place - 1]] & byte_kind[bytes[place]]) place--;
        if (place > first) { first = place; continue; }
        size_t end = run_end(t, bytes, first, count, minimum, &survives);
        if (survives && (!ints_push(runs, (uint32_t)first) || !ints_push(runs, (uint32_t)end))) return 0;
        first = end;
    }
    return 1;
}

/* The last positions that `back` counts before one; the same for all lanes (`pack` checks it). */
static Ring ring_before(const Machine *m, const Source *source, size_t before) {
    uint32_t last[8], count = 0;
    Ring made = {{0}, 0};
    for (size_t i = before; i > 0 && count < 8; i--) if (m->counts[m->classes[source->symbols[i - 1]]]) last[count++] = (uint32_t)(i - 1);
    while (count > 0) made.ring[made.seen++ & 7] = last[--count];
    return made;
}

/* Run the stretches of one lane that hold surviving bytes again, and turn these into characters with their ranges. */
static int emit_runs(const Machine *m, const Source *source, const Mark *marks, const Ints *runs, Sink *sink, Units *units) {
    uint32_t state = marks[0].state;
    size_t made = 0, next_run = 0, stretches = source->length / STRETCH + 1;
    uint64_t acc = marks[0].acc;
    Ring now = {{0}, 0};
    units->count = 0;
    for (size_t i = 0; i <= source->length && next_run < runs->count; i++) {
        if (i % STRETCH == 0 && !units->count) { /* between runs: go to the stretch that the next one begins in */
            size_t k = i / STRETCH;
            while (k + 1 < stretches && marks[k + 1].made <= runs->data[next_run]) k++;
            if (k < stretches && k * STRETCH > i) {
                i = k * STRETCH;
                state = marks[k].state; acc = marks[k].acc; made = marks[k].made;
                now = ring_before(m, source, i);
            }
        }
        const Op *op = op_at(m, state, source->symbols[i]);
        state = op->next;
        acc = accumulate(acc, op->mul, op->add);
        if (op->flags & SYMBOL) now.ring[now.seen++ & 7] = (uint32_t)i;
        for (uint32_t k = 0; op->kind == BYTES && k < op->count && next_run < runs->count; k++, made++) {
            if (made < runs->data[next_run]) continue;
            uint32_t back = op->back < now.seen ? op->back : (now.seen ? now.seen - 1 : 0);
            if (!unit_push(units, BYTES, acc >> (op->shift - 8 * k) & 255, now.ring[(now.seen - 1 - back) & 7], (size_t)now.ring[(now.seen - 1) & 7] + 1)) return 0;
            if (made + 1 < runs->data[next_run + 1]) continue;
            run_clear(&sink->run);
            sink->letters = 0;
            if (!sink_units(sink, units->data, units->count) || !sink_end_run(sink)) return 0;
            units->count = 0;
            next_run += 2;
        }
        acc &= op->keep;
    }
    return 1;
}

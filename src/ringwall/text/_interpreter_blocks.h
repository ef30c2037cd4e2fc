/* Block codes: many lanes at once, and their bytes to characters only where a run survives. Included by _interpreter_decode.h. */

#define R8(x) x, x, x, x, x, x, x, x
#define R16(x) R8(x), R8(x)
#define R64(x) R16(x), R16(x), R16(x), R16(x)
enum { ASCII = 1, TAIL = 2, LEAD = 4, NEVER = 8 };
static const uint8_t byte_kind[256] = {R64(ASCII), R64(ASCII), R64(TAIL), NEVER, NEVER, LEAD, LEAD, LEAD, LEAD, LEAD, LEAD, R8(LEAD), R16(LEAD), R16(LEAD),
                                       LEAD, LEAD, LEAD, LEAD, LEAD, NEVER, NEVER, NEVER, R8(NEVER)};
/* The kinds of byte that may stand behind each byte in well-formed UTF-8 (a necessary condition; the tables decide). */
#define ANY (ASCII | TAIL | LEAD)
static const uint8_t may_follow[256] = {R64(ASCII | LEAD), R64(ASCII | LEAD), R64(ANY), 0, 0, TAIL, TAIL, TAIL, TAIL, TAIL, TAIL, R8(TAIL), R16(TAIL), R16(TAIL),
                                        TAIL, TAIL, TAIL, TAIL, TAIL, 0, 0, 0, R8(0)};

/* Emit the bytes of up to four lanes at once (their loads overlap), and nothing else. `out[k]` has room for n + SLACK bytes; 0 if a table emits more. */
enum { ABREAST = 4, SLACK = 64 };
typedef struct { uint32_t state; uint64_t acc; size_t made; } Lane;

/* Write four bytes, the highest first. */
static inline void put_four(uint8_t *out, uint32_t bytes) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    bytes = __builtin_bswap32(bytes);
#endif
    memcpy(out, &bytes, 4);
}

#define STEP(l, o)                                                                                    \
    do {                                                                                              \
        const Fast *f = &table[(l).state + class];                                                    \
        uint64_t acc = (l).acc * f->mul + f->add;                                                     \
        (l).state = f->next;                                                                          \
        if (many) put_four((o) + (l).made, (uint32_t)(acc >> f->shift) << f->lift);                   \
        else (o)[(l).made] = (uint8_t)(acc >> f->shift);                                              \
        (l).made += f->count;                                                                         \
        (l).acc = acc & f->keep;                                                                      \
    } while (0)

/* `width` and `many` are constants at each call, so that the compiler drops what they switch off. */
static inline __attribute__((always_inline)) int fast_loop(const Machine *m, const uint8_t *classes, size_t n, int last, size_t whole, Lane lanes[ABREAST],
                                                           uint8_t *out[ABREAST], int width, int many) {
    const Fast *table = m->packed;
    Lane a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
    uint8_t *out0 = out[0], *out1 = out[1], *out2 = out[2], *out3 = out[3];
    size_t most = whole + SLACK - 8, steps = n + (size_t)last; /* the last stretch ends with the text */
    for (size_t i = 0; i < steps; i++) {
        uint32_t class = i < n ? classes[i] : m->classes[END];
        STEP(a, out0);
        if (width > 1) STEP(b, out1);
        if (width > 2) { STEP(c, out2); STEP(d, out3); }
        if (many && (a.made > most || b.made > most || c.made > most || d.made > most)) return 0;
    }
    lanes[0] = a; lanes[1] = b; lanes[2] = c; lanes[3] = d;
    return 1;
}

static int fast_lanes(const Machine *m, const uint8_t *classes, size_t n, int last, size_t whole, int width, Lane lanes[ABREAST], uint8_t *out[ABREAST]) {
#define LOOP(width, many) fast_loop(m, classes, n, last, whole, lanes, out, width, many)
    if (m->many) return width > 2 ? LOOP(4, 1) : width > 1 ? LOOP(2, 1) : LOOP(1, 1);
    return width > 2 ? LOOP(4, 0) : width > 1 ? LOOP(2, 0) : LOOP(1, 0);
#undef LOOP
}

/* Read well-formed UTF-8 from `first` on; return where it breaks, and whether the run up to there survives. */
static size_t run_end(const Tables *t, const uint8_t *bytes, size_t first, size_t count, uint64_t minimum, int *survives) {
    uint64_t letters = 0, visible = 0;
    uint32_t value = 0;
    uint8_t state = 0;
    size_t i = first, begun = first;
    for (; i < count; i++) {
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

/* Where the lanes of a group were after every STRETCH characters, so that the characters of a run are found without reading from the start. */
enum { STRETCH = 4096 };
typedef struct { uint64_t acc; uint32_t state; size_t made; } Mark;
typedef struct { uint32_t ring[8], seen; } Ring; /* the positions that `back` counts, before a stretch; the same for all lanes (pack checks it) */
typedef struct { uint8_t *classes, *bytes[ABREAST]; Mark *marks[ABREAST]; Ring *rings; int rings_made; Units units; Ints runs; } Scratch;

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

/* Note, for every stretch, the last positions that `back` counts before it. */
static void make_rings(const Machine *m, const Scratch *scratch, size_t n) {
    Ring now = {{0}, 0};
    for (size_t i = 0; i < n; i++) {
        if (i % STRETCH == 0) scratch->rings[i / STRETCH] = now;
        if (m->counts[scratch->classes[i]]) now.ring[now.seen++ & 7] = (uint32_t)i;
    }
}

/* Run the stretches of one lane that hold surviving bytes again, and turn these into characters with their ranges. */
static int emit_runs(const Machine *m, const Source *source, const Mark *marks, Scratch *scratch, Sink *sink, Units *units) {
    uint32_t state = marks[0].state;
    size_t made = 0, next_run = 0, i = 0, stretches = source->length / STRETCH + (source->length % STRETCH != 0);
    uint64_t acc = marks[0].acc;
    Ring now = {{0}, 0};
    if (!scratch->rings_made) make_rings(m, scratch, source->length);
    scratch->rings_made = 1;
    units->count = 0;
    for (; i <= source->length && next_run < scratch->runs.count; i++) {
        if (i % STRETCH == 0 && !units->count) { /* between runs: go to the stretch that the next one begins in */
            size_t k = i / STRETCH;
            while (k + 1 < stretches && marks[k + 1].made <= scratch->runs.data[next_run]) k++;
            if (k < stretches && k * STRETCH > i) {
                i = k * STRETCH;
                state = marks[k].state; acc = marks[k].acc; made = marks[k].made;
                now = scratch->rings[k];
            }
        }
        uint32_t class = i < source->length ? scratch->classes[i] : m->classes[END];
        const Op *op = &m->ops[m->transitions[(size_t)state * m->classes_count + class]];
        state = op->next;
        acc = accumulate(acc, op->mul, op->add);
        if (op->flags & SYMBOL) now.ring[now.seen++ & 7] = (uint32_t)i;
        for (uint32_t k = 0; op->kind == BYTES && k < op->count && next_run < scratch->runs.count; k++, made++) {
            if (made < scratch->runs.data[next_run]) continue;
            uint32_t back = op->back < now.seen ? op->back : (now.seen ? now.seen - 1 : 0);
            if (!unit_push(units, BYTES, acc >> (op->shift - 8 * k) & 255, now.ring[(now.seen - 1 - back) & 7], (size_t)now.ring[(now.seen - 1) & 7] + 1)) return 0;
            if (made + 1 < scratch->runs.data[next_run + 1]) continue;
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

/* ---- lanes that differ in phase only: one stream of bits, cut into bytes at every phase ---- */

/* Four lanes of a code of `bits` bits a symbol from lane `zero` on, over whole turns of `turn` symbols. All three are constants at each call. */
static inline __attribute__((always_inline)) size_t bit_turns(const uint8_t *values, size_t count, uint64_t *window, Lane lanes[ABREAST], uint8_t *out[ABREAST], int bits,
                                                              int turn, int zero) {
    uint8_t *to[ABREAST];
    uint64_t w = *window;
    size_t i = 0;
    const int width = turn < ABREAST ? turn : ABREAST;
    for (int k = 0; k < width; k++) to[k] = out[k] + lanes[k].made;
    for (; i + (size_t)turn <= count; i += (size_t)turn) {
#pragma GCC unroll 8
        for (int j = 0; j < turn; j++) {
            w = w << bits | values[i + (size_t)j];
#pragma GCC unroll 4
            for (int k = 0; k < width; k++) {
                int have = bits * ((zero + k + j) % turn) % 8 + bits;
                if (have >= 8) *to[k]++ = (uint8_t)(w >> (have - 8));
            }
        }
    }
    for (int k = 0; k < width; k++) lanes[k].made = (size_t)(to[k] - out[k]);
    *window = w;
    return i;
}

static size_t bit_turns_of(const Machine *m, const uint8_t *values, size_t count, uint64_t *window, Lane lanes[ABREAST], uint8_t *out[ABREAST], int zero) {
    switch (m->bits * 16 + m->turn + (zero ? 8 : 0)) {
    case 6 * 16 + 4: return bit_turns(values, count, window, lanes, out, 6, 4, 0);
    case 5 * 16 + 8: return bit_turns(values, count, window, lanes, out, 5, 8, 0);
    case 5 * 16 + 16: return bit_turns(values, count, window, lanes, out, 5, 8, 4);
    case 4 * 16 + 2: return bit_turns(values, count, window, lanes, out, 4, 2, 0);
    default: return 0;
    }
}

/* One stretch of up to four phase lanes from lane `zero` on. `seen`: symbols before it; the lanes' states and accumulators are what the steps make them. */
static void bit_stretch(const Machine *m, const uint8_t *classes, size_t n, size_t *seen, uint64_t *window, Lane lanes[ABREAST], uint8_t *out[ABREAST], int zero, int together) {
    uint8_t values[STRETCH];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        values[count] = m->values[classes[i]];
        count += m->counts[classes[i]];
    }
    for (size_t i = 0; i < count;) {
        size_t whole = *seen % (size_t)m->turn ? 0 : bit_turns_of(m, values + i, count - i, window, lanes, out, zero);
        i += whole;
        *seen += whole;
        if (i == count) break;
        *window = *window << m->bits | values[i++];
        for (int k = 0; k < together; k++) {
            int have = m->bits * (int)(((size_t)(zero + k) + *seen) % (size_t)m->turn) % 8 + m->bits;
            if (have >= 8) out[k][lanes[k].made++] = (uint8_t)(*window >> (have - 8));
        }
        ++*seen;
    }
    for (int k = 0; k < together; k++) {
        size_t phase = ((size_t)(zero + k) + *seen) % (size_t)m->turn;
        lanes[k].state = m->starts[phase] * m->classes_count;
        lanes[k].acc = *window & ((1u << (size_t)m->bits * phase % 8) - 1);
    }
}

/* Run up to four lanes from lane `zero` on over the text, a stretch at a time. */
static int run_lanes(const Machine *m, size_t n, int zero, int together, Lane lanes[ABREAST], Scratch *scratch) {
    size_t first = 0, seen = 0;
    uint64_t window = 0;
    do {
        size_t count = n - first < STRETCH ? n - first : STRETCH;
        int last = first + count == n;
        for (int k = 0; k < together; k++) scratch->marks[k][first / STRETCH] = (Mark){lanes[k].acc, lanes[k].state / m->classes_count, lanes[k].made};
        if (zero < m->turn) {
            bit_stretch(m, scratch->classes + first, count, &seen, &window, lanes, scratch->bytes, zero, together);
            if (last && !fast_lanes(m, scratch->classes, 0, 1, n, together, lanes, scratch->bytes)) return 0; /* the end alone */
        } else if (!fast_lanes(m, scratch->classes + first, count, last, n, together, lanes, scratch->bytes)) return 0;
        first += count;
    } while (first < n);
    return 1;
}

static int run_block_code(const Tables *t, const Machine *m, const Source *source, Sink *sink, Scratch *scratch) {
    for (size_t i = 0; i < source->length; i++) scratch->classes[i] = m->classes[source->symbols[i]];
    scratch->rings_made = 0;
    for (int first = 0, together = 0; first < m->lanes; first += together) {
        int lanes_left = (first < m->turn ? m->turn : m->lanes) - first; /* phase lanes go together */
        together = lanes_left < ABREAST ? lanes_left : ABREAST;
        Lane lanes[ABREAST] = {{0, 0, 0}};
        for (int k = 0; k < together; k++) lanes[k].state = m->starts[first + k] * m->classes_count;
        if (!run_lanes(m, source->length, first, together, lanes, scratch)) return BAD_TABLE;
        for (int k = 0; k < together; k++) {
            if (!surviving_runs(t, scratch->bytes[k], lanes[k].made, m->run_minimum, &scratch->runs)) return NO_MEMORY;
            if (scratch->runs.count && !emit_runs(m, source, scratch->marks[k], scratch, sink, &scratch->units)) return NO_MEMORY;
        }
    }
    return OK;
}

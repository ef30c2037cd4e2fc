/* Block codes whose lanes differ in phase only: what all phases emit is made once, and one pass says where any of them may hold a run. Included by _interpreter_decode.h.
 *
 * A run that survives has at least `run_minimum` visible characters, so at least as many bytes, each of which may follow the one before it in well-formed UTF-8.
 * `breaks` marks where that is not so, for all phases at once. Only where so many bytes hang together is the text read byte by byte, by the tables. A run begins
 * where its first byte hangs together with the next ones, and bytes that are no tails are in step wherever reading begins: so no run is missed, and none is cut.
 */

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

enum { PHASE_PAD = 64, GROUP = 4, STRETCH = 4096, KEPT = 32 };
/* tokens: how many symbols are kept before each token, a token being what stands between skipped symbols; kept: how many before each stretch of KEPT symbols in the
 * reading `kept_of`; values_for, source: whose values these are. */
typedef struct {
    uint8_t *values, *packed, *whole, *begins;
    uint32_t *groups, *tokens;
    size_t *kept, count, token_count;
    const Machine *values_for;
    const Source *source, *kept_of;
    Ints runs;
} Phases;

static void phases_free(Phases *p) {
    free(p->values); free(p->packed); free(p->whole); free(p->begins); free(p->groups); free(p->tokens); free(p->kept); free(p->runs.data);
}

static int phases_room(Phases *p, size_t n) {
    size_t room = n + 2 * PHASE_PAD;
    return (p->values = malloc(room)) && (p->packed = malloc(room)) && (p->whole = malloc(room)) && (p->begins = malloc(room)) &&
           (p->groups = malloc(room * sizeof *p->groups)) && (p->tokens = malloc(room * sizeof *p->tokens)) && (p->kept = malloc((n / KEPT + 1) * sizeof *p->kept));
}

/* Turn round what was kept of the same text read the other way. */
static void turn_values(uint8_t *values, Phases *p) {
    size_t count = p->count, tokens = p->token_count;
    for (size_t i = 0, j = count; i + 1 < j; i++) { uint8_t value = values[i]; values[i] = values[--j]; values[j] = value; }
    for (size_t i = 0; i <= tokens / 2 && tokens; i++) { /* where one ends, one begins; the first and the last place are no token's beginning and end alone */
        uint32_t place = p->tokens[i];
        p->tokens[i] = (uint32_t)count - p->tokens[tokens - i];
        if (i < tokens - i) p->tokens[tokens - i] = (uint32_t)count - place;
    }
}

/* Keep values, and where tokens begin if that is asked for (a constant at each call). */
static inline __attribute__((always_inline)) void keep(const uint8_t *worth, const Source *source, uint8_t *to, Phases *p, int with_tokens) {
    const uint8_t *symbols = source->symbols;
    size_t count = 0, tokens = 0, n = source->length;
    uint8_t before = 0;
    for (size_t first = 0; first < n; first += KEPT) {
        size_t end = n - first < KEPT ? n : first + KEPT;
        p->kept[first / KEPT] = count;
        for (size_t i = first; i < end; i++) {
            uint8_t value = worth[symbols[i]], kept = value != SKIPPED;
            to[count] = value;
            if (with_tokens) {
                p->tokens[tokens] = (uint32_t)count;
                tokens += kept & !before;
                before = kept;
            }
            count += kept;
        }
    }
    p->tokens[tokens] = (uint32_t)count;
    p->count = count;
    p->token_count = tokens;
}

/* Keep the values of the symbols that a code reads, behind `zeros` zeros and before more. */
static void keep_values(const Machine *m, const Source *source, size_t zeros, Phases *p) {
    uint8_t *to = p->values + zeros;
    int turned = p->values_for == m && p->source->alphabet == source->alphabet && p->source->backwards != source->backwards;
    p->values_for = m;
    p->source = source;
    if (turned) { turn_values(to, p); return; }
    p->kept_of = source;
    memset(p->values, 0, zeros);
    if (m->token_lane) keep(m->worth, source, to, p, 1);
    else keep(m->worth, source, to, p, 0);
    memset(to + p->count, 0, PHASE_PAD);
}

/* Where a kept symbol stands, found from where the last one that was asked for stands, or from the beginning of its stretch. `index`: in the reading `kept_of`. */
typedef struct { size_t index, place; int begun; } Cursor;

static size_t place_of(const Machine *m, const Phases *p, Cursor *c, size_t of) {
    const Source *source = p->kept_of;
    int same = source == p->source;
    size_t index = same ? of : p->count - 1 - of;
    if (!c->begun || index > c->index + KEPT || c->index > index + KEPT) {
        size_t low = 0, high = (source->length - 1) / KEPT; /* the last stretch that begins with no more before it */
        while (low < high) {
            size_t middle = (low + high + 1) / 2;
            if (p->kept[middle] <= index) low = middle;
            else high = middle - 1;
        }
        *c = (Cursor){p->kept[low], low * KEPT, 1};
        while (m->worth[source->symbols[c->place]] == SKIPPED) c->place++;
    }
    while (c->index < index) c->index += m->worth[source->symbols[++c->place]] != SKIPPED;
    while (c->index > index) c->index -= m->worth[source->symbols[--c->place]] != SKIPPED;
    return same ? c->place : source->length - 1 - c->place;
}

#define EACH(x) ((uint64_t)(x) * 0x0101010101010101u)
static inline uint64_t load_eight(const uint8_t *from) { uint64_t x; memcpy(&x, from, 8); return x; }

/* Of bytes that begin with bits b0 to b6, and the first two bits of the byte behind each and of the one behind that: mark those behind which, or at which,
 * well-formed UTF-8 must break. A necessary condition; the tables decide. */
#define BREAKS(b0, b1, b2, b3, b4, b5, b6, next0, next1, then0, then1)                                                                                          \
    (((next0) & ~(next1) & ~(b0)) |                                                                                                                             \
     ((b0) & (b1) & (~((next0) & ~(next1)) | ((b2) & ~((then0) & ~(then1))) | ((b2) & (b3) & (b4)) | ~((b2) | (b3) | (b4) | (b5) | (b6)))))

/* ---- codes of some bits a symbol: one stream, cut at every phase ---- */

/* Eight bytes, the first one the highest. */
static inline uint64_t first_highest(uint64_t x) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap64(x);
#else
    return x;
#endif
}

/* Pack the values, eight at a time, behind a byte of zeros (what a lane that begins in a later phase has read of its first byte). */
static inline __attribute__((always_inline)) size_t pack_values(const Phases *p, int bits) {
    uint8_t *to = p->packed;
    *to++ = 0;
    for (size_t i = 0; i < p->count; i += 8, to += bits) {
        uint64_t x = first_highest(load_eight(p->values + i)); /* join neighbours, then pairs, then fours */
        x = (x & 0x00FF00FF00FF00FFu) | (x & 0xFF00FF00FF00FF00u) >> (8 - bits);
        x = (x & 0x0000FFFF0000FFFFu) | (x & 0xFFFF0000FFFF0000u) >> (16 - 2 * bits);
        x = first_highest(((x & 0xFFFFFFFFu) | x >> 32 << 4 * bits) << (64 - 8 * bits));
        memcpy(to, &x, 8);
    }
    memset(to, 0, PHASE_PAD);
    return 8 + (size_t)bits * p->count;
}

static inline uint32_t packed_byte(const Phases *p, size_t bit) {
    const uint8_t *from = p->packed + bit / 8;
    return ((uint32_t)from[0] << 8 | from[1]) >> (8 - bit % 8) & 255;
}

/* Mark every bit at which a byte may begin that the next one may follow. */
static WIDE void mark_followed(const uint8_t *restrict packed, uint8_t *restrict whole, size_t bytes) {
#define BEHIND(x, y, k) (((x) << (k) & EACH(0xFF << (k) & 0xFF)) | ((y) >> (8 - (k)) & EACH(0xFF >> (8 - (k)))))
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t x = load_eight(packed + i), y = load_eight(packed + i + 1), z = load_eight(packed + i + 2), w = load_eight(packed + i + 3);
        uint64_t second = BEHIND(x, y, 1), third = BEHIND(x, y, 2), then = BEHIND(z, w, 1);
        uint64_t broken = BREAKS(x, second, third, BEHIND(x, y, 3), BEHIND(x, y, 4), BEHIND(x, y, 5), BEHIND(x, y, 6), y, BEHIND(y, z, 1), z, then);
        uint64_t followed = ~(broken | (x & second & ~third & z & ~then)); /* behind a lead of two bytes, one tail and another, so before one more character */
        memcpy(whole + i, &followed, 8);
    }
    memset(whole + (bytes + 7) / 8 * 8, 0, PHASE_PAD);
}

/* Mark every bit at which a run may begin: no tail, and behind it `window` bytes are marked. */
static WIDE void mark_begins(const uint8_t *restrict packed, const uint8_t *restrict whole, uint8_t *restrict begins, size_t bytes, size_t window) {
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t x = load_eight(packed + i), all = ~(x & ~BEHIND(x, load_eight(packed + i + 1), 1));
        memcpy(begins + i, &all, 8);
    }
    for (size_t k = 0; k < window; k++)
        for (size_t i = 0; i < bytes; i += 8) {
            uint64_t all = load_eight(begins + i) & load_eight(whole + i + k);
            memcpy(begins + i, &all, 8);
        }
#undef BEHIND
}

/* Read well-formed UTF-8 from byte `at` of a lane on, to byte `end`; return where it breaks and whether the run up to there survives (as `run_end` does). */
typedef struct { const Phases *phases; size_t base; int grouped; } LaneBytes; /* base: its first bit, or its first group */

static inline uint32_t lane_byte(const LaneBytes *l, size_t at, size_t symbols) {
    if (!l->grouped) return packed_byte(l->phases, l->base + 8 * at);
    return l->phases->groups[l->base + symbols * (at / GROUP)] >> (24 - 8 * (at % GROUP)) & 255;
}

static size_t lane_run_end(const Tables *t, const Machine *m, const LaneBytes *l, size_t at, size_t end, int *survives) {
    uint64_t letters = 0, visible = 0;
    uint32_t value = 0;
    uint8_t state = 0;
    size_t i = at, begun = at;
    for (; i < end; i++) {
        uint32_t byte = lane_byte(l, i, (size_t)m->turn);
        if (!state && t->seen[byte] != SKIPPED) {
            visible += t->seen[byte] & 1;
            letters += t->seen[byte] >> 1;
            continue;
        }
        uint8_t next = t->utf8[state * 256 + byte];
        if (next == REJECT) break;
        value = state == 0 ? byte & t->leads[byte] : value << 6 | (byte & 0x3F);
        if (state == 0) begun = i;
        state = next;
        if (state) continue;
        uint32_t entry = fold_entry(&t->folds[0], value);
        if (entry && !(entry & 31)) continue;
        visible++;
        letters += is_letter(t, value);
    }
    *survives = letters >= m->run_minimum || visible >= 2 * m->run_minimum;
    if (state && begun > at) return begun; /* the unfinished character is read afresh, byte by byte */
    return i > at ? i : at + 1;
}

static int keep_run(Phases *p, int phase, size_t first, size_t end) {
    return ints_push(&p->runs, (uint32_t)phase) && ints_push(&p->runs, (uint32_t)first) && ints_push(&p->runs, (uint32_t)end);
}

/* The bit at which the first byte of a phase begins. */
static inline size_t first_bit(const Machine *m, int phase) { return 8 - (size_t)(m->bits * phase % 8); }

/* Find the runs of all phases of a code of bits, as (phase, first byte, end) each. */
static int find_packed_runs(const Tables *t, const Machine *m, Phases *p, size_t bits) {
    size_t bytes = bits / 8, done[8] = {0}, window = (size_t)m->run_minimum - 1; /* pairs that must hang together */
    uint8_t used = 0;
    int phase_of[8] = {0};
    p->runs.count = 0;
    if (bytes < m->run_minimum) return 1;
    for (int k = 0; k < m->turn; k++) {
        used |= (uint8_t)(128 >> first_bit(m, k) % 8);
        phase_of[first_bit(m, k) % 8] = k;
    }
    mark_followed(p->packed, p->whole, bytes);
    mark_begins(p->packed, p->whole, p->begins, bytes, window);
    for (size_t i = 0; i + window <= bytes; i += 8) {
        uint64_t all = load_eight(p->begins + i) & EACH(used);
        if (!all) continue;
        for (all = first_highest(all); all; ) { /* by place: the highest bit first */
            size_t bit = 8 * i + (size_t)__builtin_clzll(all), r = bit % 8, first = first_bit(m, phase_of[r]);
            all &= ~(0x8000000000000000u >> (bit - 8 * i));
            if (bit < first || bits < first || (bit - first) / 8 < done[r] || (bit - first) / 8 >= (bits - first) / 8) continue;
            LaneBytes lane = {p, first, 0};
            int survives = 0;
            size_t at = (bit - first) / 8;
            done[r] = lane_run_end(t, m, &lane, at, (bits - first) / 8, &survives);
            if (survives && !keep_run(p, phase_of[r], at, done[r])) return 0;
        }
    }
    return 1;
}

/* ---- codes of five symbols a group of four bytes ---- */

/* Put what the end makes of a lane's last group, which it cuts short, behind the whole ones; return how many bytes the lane makes. */
static size_t end_lane(const Machine *m, const Phases *p, int phase) {
    size_t symbols = (size_t)m->turn, had = (size_t)phase + p->count, groups = had / symbols, rest = had % symbols, last = symbols - 1 - (size_t)phase + symbols * groups;
    const Op *op = op_at(m, m->starts[rest], END);
    uint64_t acc = 0;
    uint32_t bytes = 0;
    for (size_t k = 0; k < rest; k++) acc = acc * m->radix + p->values[last + k];
    acc = acc * op->mul + op->add;
    for (uint32_t k = 0; op->kind == BYTES && k < op->count; k++) bytes |= (uint32_t)(acc >> (op->shift - 8 * k) & 255) << (24 - 8 * k);
    p->groups[last] = bytes;
    return GROUP * groups + (op->kind == BYTES ? op->count : 0);
}

/* Make the group that begins at each symbol (the first ones begin before the text, with zeros). */
static WIDE void make_whole_groups(const uint8_t *restrict v, uint32_t *restrict to, size_t count, uint32_t radix) {
    for (size_t g = 0; g < count; g++) to[g] = (((v[g] * radix + v[g + 1]) * radix + v[g + 2]) * radix + v[g + 3]) * radix + v[g + 4];
}

/* Make all groups, and what the end makes of the last of each lane. */
static void make_groups(const Machine *m, const Phases *p) {
    make_whole_groups(p->values, p->groups, p->count, m->radix);
    memset(p->groups + p->count, 0, PHASE_PAD * sizeof *p->groups);
    for (int phase = 0; phase < m->turn; phase++) end_lane(m, p, phase);
}

/* Mark the groups whose bytes hang together, and with the first of the next group of their lane. */
static WIDE void mark_whole(const uint32_t *restrict from, uint8_t *restrict whole, size_t groups) {
    for (size_t g = 0; g < groups; g++) {
        uint32_t x = from[g], broken = BREAKS(x, x << 1, x << 2, x << 3, x << 4, x << 5, x << 6, x << 8 | 0x80, x << 9, x << 16 | 0x8080, x << 17);
        uint32_t tails = x & ~(x << 1), leads = x & x << 1, next = from[g + 5]; /* of a lead and one tail; no character has four tails */
        uint32_t pairs = leads & ~(x << 2);
        uint32_t follows = next & ~(next << 1); /* at the highest bit: whether the next byte is a tail */
        uint32_t apart = ((leads << 24) & ~follows) | (~x << 24 & follows);
        broken = (broken & 0x80808000u) | (pairs & tails << 16 & 0x80800000u) | (apart & 0x80000000u);
        whole[g] = (broken == 0) & ((tails & 0x80808080u) != 0x80808080u);
    }
    memset(whole + groups, 0, PHASE_PAD);
}

/* A run holds so many whole groups, and a byte behind them: the ones that it begins and ends in may be cut. */
static int find_grouped_runs(const Tables *t, const Machine *m, Phases *p) {
    size_t symbols = (size_t)m->turn, groups = p->count, needed = (size_t)m->run_minimum / GROUP - 1, done[8] = {0}, ends[8], bases[8];
    p->runs.count = 0;
    if (!groups) return 1;
    mark_whole(p->groups, p->whole, groups);
    for (int k = 0; k < m->turn; k++) { ends[k] = end_lane(m, p, k); bases[k] = symbols - 1 - (size_t)k; }
    for (size_t g = 0; g < groups; g += 8) {
        uint64_t all = load_eight(p->whole + g);
        for (size_t k = 1; k < needed && all; k++) all &= load_eight(p->whole + g + symbols * k); /* a byte each, 1 or 0 */
        for (all = first_highest(all); all; ) { /* by place: the highest byte first */
            size_t j = (size_t)__builtin_clzll(all) / 8;
            all &= ~(0x0100000000000000u >> 8 * j);
            int phase = (int)((symbols - 1 + symbols - (g + j) % symbols) % symbols);
            LaneBytes lane = {p, bases[phase], 1};
            size_t at = GROUP * ((g + j - bases[phase]) / symbols), first = at, end = ends[phase];
            for (int k = 1; k < GROUP && first > done[phase] && may_follow[lane_byte(&lane, first - 1, symbols)] & byte_kind[lane_byte(&lane, first, symbols)]; k++) first--;
            if (first < done[phase]) first = done[phase];
            while (first <= at) {
                int survives = 0;
                size_t last = byte_kind[lane_byte(&lane, first, symbols)] == TAIL ? first + 1 : lane_run_end(t, m, &lane, first, end, &survives);
                if (survives && !keep_run(p, phase, first, last)) return 0;
                first = done[phase] = last;
            }
        }
    }
    return 1;
}

/* Keep what a code reads of a text, and make its bytes; return their bits, in a code of bits. */
static size_t make_bytes(const Machine *m, const Source *source, Phases *p) {
    keep_values(m, source, m->radix ? (size_t)m->turn - 1 : 0, p);
    if (m->radix) make_groups(m, p);
    return m->bits == 6 ? pack_values(p, 6) : m->bits == 5 ? pack_values(p, 5) : m->bits == 4 ? pack_values(p, 4) : 0;
}

/* ---- tokens ---- */

/* Write four bytes, the highest first. */
static inline void put_four(uint8_t *out, uint32_t bytes) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    bytes = __builtin_bswap32(bytes);
#endif
    memcpy(out, &bytes, 4);
}

/* Write down what one token makes in a code of bits; return behind it. */
static inline uint8_t *put_packed_token(const Machine *m, const Phases *p, size_t first, size_t symbols, uint8_t *out) {
    size_t bit = 8 + (size_t)m->bits * first, bytes = (size_t)m->bits * symbols / 8;
    for (size_t k = 0; k < bytes; k += 7, bit += 56) { /* eight are written, and seven of them right */
        uint64_t x = first_highest(first_highest(load_eight(p->packed + bit / 8)) << bit % 8);
        memcpy(out + k, &x, 8);
    }
    return out + bytes;
}

/* The same in a code of groups: whole ones, and what is flushed of the last. */
static inline uint8_t *put_grouped_token(const Machine *m, const Phases *p, size_t first, size_t symbols, uint8_t *out) {
    size_t turn = (size_t)m->turn;
    const uint8_t *values = p->values + turn - 1;
    for (; symbols >= turn; symbols -= turn, first += turn, out += GROUP) put_four(out, p->groups[first + turn - 1]);
    size_t rest = symbols;
    const Op *op = op_at(m, m->starts[rest], END);
    if (op->kind != BYTES) return out;
    uint64_t acc = 0;
    for (size_t k = 0; k < rest; k++) acc = acc * m->radix + values[first + k];
    put_four(out, (uint32_t)(acc * op->mul + op->add)); /* its highest byte at bit 24 */
    return out + op->count;
}

/* Make the bytes of the lane that starts afresh at each token. */
static size_t put_tokens(const Machine *m, const Phases *p, uint8_t *bytes) {
    uint8_t *out = bytes;
    for (size_t i = 0; i < p->token_count; i++) {
        size_t first = p->tokens[i], symbols = p->tokens[i + 1] - first;
        out = m->radix ? put_grouped_token(m, p, first, symbols, out) : put_packed_token(m, p, first, symbols, out);
    }
    return (size_t)(out - bytes);
}

/* ---- runs to characters ---- */

static int push_byte(const Machine *m, const Phases *p, const LaneBytes *lane, size_t at, Cursor ends[2], Units *units) {
    size_t first, last;
    if (lane->grouped) {
        size_t symbols = (size_t)m->turn, begun = lane->base + symbols * (at / GROUP);
        first = begun < symbols - 1 ? 0 : begun - (symbols - 1);
        last = begun; /* its last symbol, less the zeros before the text */
        if (last >= p->count) last = p->count - 1;
    } else {
        size_t bit = lane->base + 8 * at;
        first = bit < 8 ? 0 : (bit - 8) / (size_t)m->bits;
        last = (bit - 1) / (size_t)m->bits;
    }
    return unit_push(units, BYTES, lane_byte(lane, at, (size_t)m->turn), place_of(m, p, &ends[0], first), place_of(m, p, &ends[1], last) + 1);
}

/* Turn the runs of one phase into characters with their ranges. */
static int emit_phase(const Machine *m, const Phases *p, int phase, Sink *sink, Units *units) {
    LaneBytes lane = {p, m->radix ? (size_t)(m->turn - 1 - phase) : first_bit(m, phase), m->radix != 0};
    Cursor ends[2] = {{0, 0, 0}, {0, 0, 0}};
    for (size_t i = 0; i < p->runs.count; i += 3) {
        if (p->runs.data[i] != (uint32_t)phase) continue;
        units->count = 0;
        for (size_t at = p->runs.data[i + 1]; at < p->runs.data[i + 2]; at++)
            if (!push_byte(m, p, &lane, at, ends, units)) return 0;
        run_clear(&sink->run);
        sink->letters = 0;
        if (!sink_units(sink, units->data, units->count) || !sink_end_run(sink)) return 0;
    }
    return 1;
}

/* Find the runs of all phases of a code. */
static int find_phase_runs(const Tables *t, const Machine *m, const Source *source, Phases *p) {
    size_t bits = make_bytes(m, source, p);
    return m->radix ? find_grouped_runs(t, m, p) : find_packed_runs(t, m, p, bits);
}

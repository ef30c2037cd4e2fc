/* What is found out about machines when they are loaded, so that less need be run: each finding is checked on the machine's own steps, for every state and symbol.
 * Included by _interpreter.c. */

/* Bound every state's accumulator; say whether none can reach ACC_LIMIT, so that the fast loop need not look. */
static int stays_small(const Machine *m) {
    uint64_t *bound = calloc(m->states, sizeof *bound);
    int changed = bound != NULL, small = changed;
    for (int round = 0; changed && small && round < 64; round++) {
        changed = 0;
        for (size_t i = 0; small && i < (size_t)m->states * m->classes_count; i++) {
            const Op *op = &m->ops[m->transitions[i]];
            uint64_t acc = bound[i / m->classes_count] * op->mul + op->add; /* < 2^38 * 2^26 */
            small = acc <= ACC_LIMIT >> 2;
            if (acc > op->keep) acc = op->keep;
            if (acc > bound[op->next]) { bound[op->next] = acc; changed = 1; }
        }
    }
    free(bound);
    return small && !changed;
}

/* Note which classes count for `back`; say whether that is the same in every state. */
static int counts_by_class(Machine *m) {
    for (size_t i = 0; i < (size_t)m->states * m->classes_count; i++) {
        uint8_t counts = (m->ops[m->transitions[i]].flags & SYMBOL) != 0;
        if (i < m->classes_count) m->counts[i] = counts;
        else if (m->counts[i % m->classes_count] != counts) return 0;
    }
    return 1;
}

static const Op *op_at(const Machine *m, uint32_t state, int symbol) { return &m->ops[m->transitions[(size_t)state * m->classes_count + m->classes[symbol]]]; }

static int same_step(const Op *a, const Op *b) {
    return a->kind == b->kind && a->flags == b->flags && a->mul == b->mul && a->add == b->add && a->keep == b->keep && (a->kind == NONE || (a->count == b->count && a->shift == b->shift && a->back == b->back));
}

/* Say whether a step changes nothing, in a state in which the accumulator is at most `most`. */
static int is_skip(const Op *op, uint32_t state, uint64_t most) {
    return op->next == state && op->kind == NONE && !op->flags && op->mul == 1 && !op->add && (op->keep & most) == most;
}

/* Say whether in the state of one phase a symbol does what a code of `bits` bits a symbol does there. */
static int is_bit_step(const Machine *m, int symbol, int bits, int turn, int phase) {
    const Op *op = op_at(m, m->starts[phase], symbol);
    uint64_t had = 1u << bits * phase % 8, have = had << bits; /* what the accumulator is below, before and after */
    if (symbol == END || m->worth[symbol] == SKIPPED) return is_skip(op, m->starts[phase], had - 1);
    if (op->next != m->starts[(phase + 1) % turn] || op->mul != 1u << bits || op->add != m->worth[symbol] || op->add >= 1u << bits || op->flags != SYMBOL) return 0;
    if (have < 256) return op->kind == NONE && (op->keep & (have - 1)) == have - 1;
    return op->kind == BYTES && op->count == 1 && op->shift == (uint32_t)(bits * phase % 8 + bits - 8) && (op->keep & (have - 1)) == have / 256 - 1 &&
           op->back == (uint32_t)((bits * phase % 8 + bits - 1) / bits);
}

/* Say whether in the state of one phase a symbol does what a code of `turn` digits to four bytes does there; a last group may be cut short at the end. */
static int is_digit_step(const Machine *m, int symbol, uint64_t radix, int turn, int phase) {
    const Op *op = op_at(m, m->starts[phase], symbol);
    uint64_t most = 1;
    for (int k = 0; k < phase; k++) most *= radix;
    if (symbol == END) return op->kind == NONE || (op->kind == BYTES && !op->flags && op->back + 1 == (uint32_t)phase && op->shift == 24);
    if (m->worth[symbol] == SKIPPED) return is_skip(op, m->starts[phase], most - 1);
    if (op->next != m->starts[(phase + 1) % turn] || op->mul != radix || op->add != m->worth[symbol] || op->add >= radix || op->flags != SYMBOL) return 0;
    if (phase < turn - 1) return op->kind == NONE && op->keep >= most * radix && !(op->keep & (op->keep + 1));
    return op->kind == BYTES && op->count == 4 && op->shift == 24 && !op->keep && op->back + 1 == (uint32_t)turn;
}

/* Find out whether a machine's first lanes are the phases of one code: then their bytes are made once, for all of them. */
static void find_phases(Machine *m) {
    static const struct { int bits, turn; uint32_t radix; } codes[] = {{6, 4, 0}, {5, 8, 0}, {4, 2, 0}, {0, 5, 85}};
    for (int symbol = 0; symbol <= OTHER; symbol++) {
        const Op *op = op_at(m, m->starts[0], symbol);
        m->worth[symbol] = m->counts[m->classes[symbol]] && op->add < SKIPPED ? (uint8_t)op->add : SKIPPED;
    }
    for (size_t k = 0; k < sizeof codes / sizeof *codes && !m->turn; k++) {
        int right = m->lanes >= codes[k].turn && (!codes[k].radix || m->run_minimum >= 8);
        for (int symbol = 0; right && symbol <= END; symbol++)
            for (int phase = 0; right && phase < codes[k].turn; phase++)
                right = codes[k].radix ? is_digit_step(m, symbol, codes[k].radix, codes[k].turn, phase) : is_bit_step(m, symbol, codes[k].bits, codes[k].turn, phase);
        if (right) { m->bits = codes[k].bits; m->turn = codes[k].turn; m->radix = codes[k].radix; }
    }
}

/* Say whether in a state of a lane that starts afresh at every skipped symbol, `phase` symbols after that, each symbol does what it should. */
static int is_token_step(const Machine *m, uint32_t start, uint32_t state, uint32_t next, int symbol, int phase) {
    const Op *op = op_at(m, state, symbol), *plain = op_at(m, m->starts[phase], symbol), *end = op_at(m, m->starts[phase], END);
    if (symbol == END) return end->kind == NONE ? op->kind == NONE : same_step(op, end);
    if (m->worth[symbol] != SKIPPED) return same_step(op, plain) && op->next == next;
    if (op->next != start || op->keep || op->flags) return 0;
    return end->kind == NONE ? op->kind == NONE : op->kind == BYTES && op->mul == end->mul && op->add == end->add && op->count == end->count && op->shift == end->shift;
}

/* Find the lane that reads the code of a machine's phases afresh behind every symbol that they skip: of its bytes, each token's are those of one phase. */
static void find_token_lane(Machine *m) {
    int member = 0;
    while (member < OTHER && m->worth[member] == SKIPPED) member++;
    for (int l = m->turn; m->turn && member < OTHER && l < m->lanes && !m->token_lane; l++) {
        uint32_t state = m->starts[l];
        int right = 1;
        for (int phase = 0; right && phase < m->turn; phase++) {
            uint32_t next = op_at(m, state, member)->next;
            for (int symbol = 0; right && symbol <= END; symbol++) right = is_token_step(m, m->starts[l], state, next, symbol, phase);
            state = next;
        }
        if (right && state == m->starts[l]) m->token_lane = l;
    }
}

/* Pack a machine's steps for the fast loop, if it only ever emits bytes that end at a symbol. */
static int pack(Machine *m) {
    m->fast = m->runs && stays_small(m) && counts_by_class(m);
    for (size_t i = 0; i < m->op_count && m->fast; i++) {
        const Op *op = &m->ops[i];
        m->fast = (op->kind == NONE || op->kind == BYTES) && !(op->flags & (REFEED | MARKED)) && op->add <= UINT32_MAX && op->mul <= UINT32_MAX;
    }
    if (!m->fast) return 1;
    find_phases(m);
    find_token_lane(m);
    if (!(m->packed = calloc((size_t)m->states * ALPHABET, sizeof *m->packed))) return 0;
    for (size_t i = 0; i < (size_t)m->states * ALPHABET; i++) {
        const Op *op = op_at(m, (uint32_t)(i / ALPHABET), (int)(i % ALPHABET));
        uint32_t count = op->kind == BYTES ? op->count : 0, low = count ? op->shift - 8 * (count - 1) : 0, lift = count ? 32 - 8 * count : 24;
        m->packed[i] = (Fast){op->keep, op->add << 32 | op->mul, (uint64_t)count << 48 | (uint64_t)lift << 40 | (uint64_t)low << 32 | op->next * ALPHABET};
    }
    return 1;
}

/* ---- lanes that emit what an earlier one does, unless some symbol is there ---- */

/* List the symbols of a set; 0 if there are more than a few. */
static int few(Twin *twin, int which, const uint8_t symbols[ALPHABET]) {
    twin->count[which] = 0;
    for (int symbol = 0; symbol < ALPHABET; symbol++) {
        if (!symbols[symbol]) continue;
        if (twin->count[which] == FEW) return 0;
        twin->without[which][twin->count[which]++] = (uint8_t)symbol;
    }
    return 1;
}

/* Say whether two states take each symbol in the same way; note those that they do not. */
static int same_state(const Machine *m, uint32_t state, const Machine *other, uint32_t its, uint8_t apart[ALPHABET]) {
    int same = 1;
    for (int symbol = 0; symbol < ALPHABET; symbol++) {
        if (same_step(op_at(m, state, symbol), op_at(other, its, symbol))) continue;
        apart[symbol] = 1;
        same = 0;
    }
    return same;
}

/* Find symbols without which a lane does what another machine's does: the two are walked together, and symbols that part them are left out. With `ahead`, those are
 * left out that lead to states that some symbol parts. 0 if the ends part them, or no lane may be compared. */
static int twin_without(const Machine *m, int lane, const Machine *other, int its, int ahead, uint8_t without[ALPHABET]) {
    size_t cells = (size_t)m->states * other->states, count = 0;
    uint32_t *queue = malloc(cells * sizeof *queue);
    uint8_t *reached = calloc(cells, 1), apart[ALPHABET] = {0};
    int right = queue && reached, again = 1;
    memset(without, 0, ALPHABET);
    while (right && again) {
        again = 0;
        memset(reached, 0, cells);
        count = 0;
        queue[count++] = m->starts[lane] * other->states + other->starts[its];
        reached[queue[0]] = 1;
        for (size_t i = 0; i < count && right; i++) {
            uint32_t a = queue[i] / other->states, b = queue[i] % other->states;
            for (int symbol = 0; symbol < ALPHABET && right; symbol++) {
                const Op *x = op_at(m, a, symbol), *y = op_at(other, b, symbol);
                if (without[symbol]) continue;
                if (!same_step(x, y) || (ahead && symbol != END && !same_state(m, x->next, other, y->next, apart))) {
                    without[symbol] = 1;
                    again = 1;
                    right = symbol != END;
                } else if (symbol != END && !reached[x->next * other->states + y->next]) {
                    reached[x->next * other->states + y->next] = 1;
                    queue[count++] = x->next * other->states + y->next;
                }
            }
        }
    }
    free(queue);
    free(reached);
    return right;
}

/* For each lane that is no phase of its machine's code, look for a phase of this or an earlier code that emits the same on most texts. */
static void find_twins(Tables *t) {
    for (int k = 0; k < t->machine_count; k++) {
        Machine *m = &t->machines[k];
        for (int l = m->turn; m->fast && l < m->lanes; l++) {
            for (int earlier = 0; earlier <= k && !m->twins[l].known; earlier++) {
                const Machine *other = &t->machines[earlier];
                if (!other->fast || other->run_minimum != m->run_minimum || (size_t)other->states * m->states > 4096) continue;
                for (int its = 0; its < other->turn && !m->twins[l].known; its++) {
                    Twin twin = {1, earlier, its, {0}, {{0}}};
                    uint8_t without[ALPHABET];
                    if (!twin_without(m, l, other, its, 0, without) || !few(&twin, 0, without)) continue;
                    if (!twin_without(m, l, other, its, 1, without) || !few(&twin, 1, without)) {
                        twin.count[1] = twin.count[0];
                        memcpy(twin.without[1], twin.without[0], FEW);
                    }
                    m->twins[l] = twin;
                }
            }
        }
    }
}

/* ---- machines whose runs end at certain symbols ---- */

/* Take one symbol whole, with its refeeds. Return how many units it emits before and after the last break (-1: none), or 0 if this machine is not of the kind. */
static int take(const Machine *m, uint32_t *state, int symbol, int *before, int *after) {
    *before = 0;
    *after = -1;
    for (int k = 0; k <= REFEED_LIMIT; k++) {
        const Op *op = op_at(m, *state, symbol);
        int emits = op->kind == TEXT ? (int)op->length : op->kind == BYTES ? (int)op->count : op->kind == CODE || op->kind == COPY;
        if (op->kind == FAIL || op->kind == REWIND || op->length > 64) return 0;
        *state = op->next;
        if (op->kind == BREAK) *after = 0;
        else if (*after < 0) *before += emits;
        else *after += emits;
        if (!(op->flags & REFEED) || (symbol == END && op->kind == NONE)) return 1;
    }
    return 0;
}

/* Say whether between two breaks no more than run_minimum / minimum units are emitted for each symbol of the alphabet that stands there: then fewer than
 * `minimum` of these hold no run. `most[state]`: how far beyond that any text can get to. */
static int emits_for_its_alphabet(const Machine *m, int64_t *most) {
    int changed = 1, before, after;
    for (uint32_t s = 0; s < m->states; s++) most[s] = INT64_MIN;
    for (int l = 0; l < m->lanes; l++) most[m->starts[l]] = 0;
    for (uint32_t round = 0; changed; round++) {
        if (round > m->states + 1) return 0;
        changed = 0;
        for (uint32_t s = 0; s < m->states; s++) {
            for (int symbol = 0; symbol < ALPHABET && most[s] != INT64_MIN; symbol++) {
                uint32_t next = s;
                if (!take(m, &next, symbol, &before, &after)) return 0;
                int64_t made = most[s] + before * (int64_t)m->minimum - (symbol < OTHER && m->alphabet[symbol] ? (int64_t)m->run_minimum : 0);
                if (made > 0 || after > 0) return 0;
                if (after == 0) made = 0;
                if (symbol != END && made > most[next]) { most[next] = made; changed = 1; }
            }
        }
    }
    return 1;
}

/* Find the symbols that end a run in every state. `tally` is 0 for these, for others 1, and 2 for the alphabet. */
static void find_breaks(Machine *m) {
    int64_t *most = malloc(m->states * sizeof *most);
    int before, after;
    m->breaks = most && m->runs && m->minimum < 1 << 20 && emits_for_its_alphabet(m, most);
    free(most);
    for (int symbol = 0; m->breaks && symbol <= OTHER; symbol++) {
        int ends = 1;
        for (uint32_t s = 0; ends && s < m->states; s++) {
            uint32_t next = s;
            ends = take(m, &next, symbol, &before, &after) && after == 0;
        }
        m->tally[symbol] = ends ? 0 : symbol < OTHER && m->alphabet[symbol] ? 2 : 1;
    }
}

/* ---- steps that only copy ---- */

/* Find out whether of the dull steps from the start only three states are reached, and depend on the last two symbols: after a gap the start, after a gap and a
 * character `single`, after two characters `word`; and that a symbol is no dull step in `single` alone. Then where to leave these states is found without them. */
static void find_states_by_two(Machine *m) {
    const uint32_t gap = m->starts[0];
    uint32_t single = gap, word;
    m->by_two = 0;
    if (m->lanes != 1) return;
    for (int symbol = 0; symbol <= OTHER && single == gap; symbol++) {
        int32_t row = m->dull[gap * ALPHABET + (uint32_t)symbol];
        if (row >= 0) single = (uint32_t)row / ALPHABET;
    }
    word = single;
    for (int symbol = 0; symbol <= OTHER && (word == single || word == gap); symbol++) {
        int32_t row = m->dull[single * ALPHABET + (uint32_t)symbol];
        if (row >= 0) word = (uint32_t)row / ALPHABET;
    }
    if (single == gap || word == single || word == gap) return;
    for (int symbol = 0; symbol <= OTHER; symbol++) {
        int32_t rows[3] = {m->dull[gap * ALPHABET + (uint32_t)symbol], m->dull[single * ALPHABET + (uint32_t)symbol], m->dull[word * ALPHABET + (uint32_t)symbol]};
        int32_t first = (int32_t)(gap * ALPHABET), second = (int32_t)(single * ALPHABET), third = (int32_t)(word * ALPHABET);
        if (rows[0] == second && rows[1] == third && rows[2] == third) m->part[symbol] = CHARACTER;
        else if (rows[0] == first && rows[2] == first && (rows[1] == first || rows[1] < 0)) m->part[symbol] = rows[1] < 0 ? GAP | LEAVES : GAP;
        else return;
    }
    m->by_two = 1;
    m->parts[0] = gap; m->parts[1] = single; m->parts[2] = word;
}

/* For each state and symbol the next state's row, where the step copies the symbol or drops it and does nothing else; -1 otherwise. */
static int find_dull(Machine *m) {
    if (m->runs || m->states > 256) return 1;
    if (!(m->dull = malloc((size_t)m->states * ALPHABET * sizeof *m->dull))) return 0;
    for (size_t i = 0; i < (size_t)m->states * ALPHABET; i++) {
        const Op *op = op_at(m, (uint32_t)(i / ALPHABET), (int)(i % ALPHABET));
        int dull = i % ALPHABET != END && (op->kind == NONE || (op->kind == COPY && !op->back)) && !op->flags;
        m->dull[i] = dull ? (int32_t)(op->next * ALPHABET) : -1;
    }
    find_states_by_two(m);
    return 1;
}

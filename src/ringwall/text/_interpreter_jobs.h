/* All decoders over all readings of a text: phases first, then the other lanes of block codes, several at once, then the rest. Included by _interpreter_decode.h. */

enum { PHASES = -1, WHOLE = -2 };
typedef struct { size_t first, end; } Span;

/* One lane of one machine over one reading; or all phases of its code; or a whole machine that is no block code. `runs`: those that survive; `twin`: whose runs
 * it has; `silent`: it has none, as was seen otherwise. */
typedef struct { int reading, machine, lane, silent; Ints runs; Mark *marks; const Span *twin; } Job;

typedef struct {
    const Tables *t;
    Source *sources; /* per reading */
    Job *jobs;
    size_t job_count, job_room;
    uint8_t *was_run; /* per reading and machine, whether its phases were */
    Span *phase_runs; /* per reading, machine and phase, which of what was found is its own */
    uint8_t *shadow, *symbols, *bytes[ABREAST];
    Mark *marks[ABREAST];
    Phases phases;
    Units units;
} Work;

static int job_push(Work *w, int reading, int machine, int lane) {
    if (w->job_count == w->job_room) {
        size_t room = w->job_room ? w->job_room * 2 : 128;
        Job *data = realloc(w->jobs, room * sizeof *data);
        if (!data) return 0;
        w->jobs = data;
        w->job_room = room;
    }
    w->jobs[w->job_count++] = (Job){reading, machine, lane, 0, {0}, NULL, NULL};
    return 1;
}

static void work_free(Work *w) {
    for (size_t i = 0; i < w->job_count; i++) { free(w->jobs[i].runs.data); free(w->jobs[i].marks); }
    for (int k = 0; k < ABREAST; k++) { free(w->bytes[k]); free(w->marks[k]); }
    phases_free(&w->phases);
    free(w->sources); free(w->phase_runs); free(w->was_run);
    free(w->jobs); free(w->shadow); free(w->symbols); free(w->units.data);
    free(w);
}

/* Say whether between two symbols that end runs there are enough for one. */
static int may_hold_run(const Machine *m, const Source *source) {
    size_t count = 0, most = 0;
    for (size_t i = 0; i < source->length; i++) {
        uint8_t tally = m->tally[source->symbols[i]];
        count = tally ? count + (tally >> 1) : 0;
        most = count > most ? count : most;
    }
    return most >= m->minimum;
}

/* Write one reading of a text down. `plain`: how often each character stands there. */
static void write_reading(Work *w, int r, const uint8_t *shadow, size_t n, const uint64_t plain[OTHER + 1], Source *source) {
    const Tables *t = w->t;
    uint8_t map[OTHER + 1], *symbols = w->symbols + (size_t)r * (n + 1);
    memcpy(map, t->maps + t->reading_alphabet[r] * 128, 128);
    map[OTHER] = OTHER;
    if (source->backwards) for (size_t i = 0; i < n; i++) symbols[n - 1 - i] = map[shadow[i]];
    else for (size_t i = 0; i < n; i++) symbols[i] = map[shadow[i]];
    symbols[n] = END;
    for (int c = 0; c <= OTHER; c++) source->counts[map[c]] += plain[c];
}

/* Say whether a text holds as many symbols of a machine's alphabet as that needs to find anything. */
static int has_enough(const Machine *m, const Source *source) {
    uint64_t present = 0;
    for (int i = 0; i < m->member_count && present < m->minimum; i++) present += source->counts[m->members[i]];
    return present >= m->minimum;
}

/* List what of a machine is to be run over a reading. */
static int list_machine(Work *w, int reading, int machine, int may_hold) {
    const Machine *m = &w->t->machines[machine];
    if (!m->fast) return (m->breaks && !may_hold) || job_push(w, reading, machine, WHOLE);
    if (m->turn && !job_push(w, reading, machine, PHASES)) return 0;
    for (int l = m->turn; l < m->lanes; l++) if (!job_push(w, reading, machine, l)) return 0;
    return 1;
}

/* Write the readings down, and list what is to be run over each: machine by machine, so that one's readings follow each other. */
static int list_jobs(Work *w, const uint32_t *text, size_t n, int readings) {
    const Tables *t = w->t;
    uint64_t plain[OTHER + 1] = {0};
    for (size_t i = 0; i < n; i++) w->shadow[i] = text[i] < OTHER ? (uint8_t)text[i] : OTHER;
    for (size_t i = 0; i < n; i++) plain[w->shadow[i]]++;
    for (int r = 0; r < readings; r++) {
        Source *source = &w->sources[r];
        *source = (Source){w->symbols + (size_t)r * (n + 1), text, n, t->reading_alphabet[r], t->reading_backwards[r], {0}};
        write_reading(w, r, w->shadow, n, plain, source);
    }
    for (int k = 0; k < t->machine_count; k++) {
        const Source *asked = NULL; /* whose runs were looked for last, */
        int may_hold = 0;           /* and what was found: a text turned round holds as many symbols between two that end runs */
        for (int r = 0; r < readings; r++) {
            const Machine *m = &t->machines[k];
            const Source *source = &w->sources[r];
            if (!(m->readings >> r & 1) || !has_enough(m, source)) continue;
            if (!m->fast && m->breaks && !(asked && asked->alphabet == source->alphabet)) may_hold = may_hold_run(m, asked = source);
            if (!list_machine(w, r, k, may_hold)) return 0;
        }
    }
    return 1;
}

static Sink sink_of(const Work *w, const Job *job, FoundList *found) {
    const Source *source = &w->sources[job->reading];
    return (Sink){w->t, &w->t->machines[job->machine], found, job->reading, job->machine, source->length, source->backwards, 0, {{0}, {0}, {0}}};
}

static Span *span_of(const Work *w, int reading, int machine, int phase) { return &w->phase_runs[((size_t)reading * (size_t)w->t->machine_count + (size_t)machine) * MAX_LANES + (size_t)phase]; }

/* Find out, from what the phases of a code have made, whether its lane that starts afresh at each token holds a run. */
static int ask_token_lane(Work *w, size_t of_phases) {
    const Job *phases = &w->jobs[of_phases];
    const Machine *m = &w->t->machines[phases->machine];
    Job *job = &w->jobs[of_phases + 1 + (size_t)(m->token_lane - m->turn)]; /* where `list_machine` put it */
    if (!m->token_lane) return 1;
    int right = surviving_runs(w->t, w->bytes[0], put_tokens(m, &w->phases, w->bytes[0]), m->run_minimum, &job->runs);
    job->silent = !job->runs.count;
    job->runs.count = 0;
    return right;
}

/* Read what all phases of codes find. */
static int run_all_phases(Work *w, FoundList *found) {
    for (size_t i = 0; i < w->job_count; i++) {
        const Job *job = &w->jobs[i];
        const Machine *m = &w->t->machines[job->machine];
        const Source *source = &w->sources[job->reading];
        if (job->lane != PHASES) continue;
        if (!find_phase_runs(w->t, m, source, &w->phases)) return 0;
        w->was_run[job->reading * MAX_MACHINES + job->machine] = 1;
        if (!ask_token_lane(w, i)) return 0;
        if (!w->phases.runs.count) continue;
        Sink sink = sink_of(w, job, found);
        int right = 1;
        for (int phase = 0; right && phase < m->turn; phase++) {
            Span *span = span_of(w, job->reading, job->machine, phase);
            span->first = found->count;
            right = emit_phase(m, &w->phases, phase, &sink, &w->units);
            span->end = found->count;
        }
        run_free(&sink.run);
        if (!right) return 0;
    }
    return 1;
}

/* Return what an earlier lane found, if this one must find the same: none of the symbols that could part them is there. */
static const Span *found_by_twin(const Work *w, const Job *job) {
    const Machine *m = &w->t->machines[job->machine];
    const Twin *twin = &m->twins[job->lane];
    const Source *source = &w->sources[job->reading];
    if (!twin->known || !w->was_run[job->reading * MAX_MACHINES + twin->machine]) return NULL;
    for (int k = 0; k < 2; k++) {
        uint64_t apart = 0;
        for (int i = 0; i < twin->count[k]; i++) apart += source->counts[twin->without[k][i]];
        if (!apart) return span_of(w, job->reading, twin->machine, twin->lane);
    }
    return NULL;
}

/* Run up to four lanes over their readings, a stretch at a time, and find their runs. */
static int run_abreast(Work *w, Job *jobs[ABREAST], int together, size_t n) {
    Lane lanes[ABREAST];
    Ints runs = {0};
    int right = 1;
    for (int k = 0; k < ABREAST; k++) {
        const Job *job = jobs[k < together ? k : 0];
        const Machine *m = &w->t->machines[job->machine];
        lanes[k] = (Lane){m->packed, w->sources[job->reading].symbols, m->starts[job->lane] * ALPHABET, 0, 0, w->bytes[k]};
    }
    for (size_t first = 0; first <= n; first += STRETCH) {
        for (int k = 0; k < together; k++) w->marks[k][first / STRETCH] = (Mark){lanes[k].acc, lanes[k].state / ALPHABET, lanes[k].made};
        fast_lanes(first, n + 1 - first < STRETCH ? n + 1 : first + STRETCH, together, lanes);
    }
    for (int k = 0; right && k < together; k++) {
        right = surviving_runs(w->t, w->bytes[k], lanes[k].made, w->t->machines[jobs[k]->machine].run_minimum, &runs);
        if (!right || !runs.count) continue;
        size_t size = (n / STRETCH + 1) * sizeof(Mark);
        free(jobs[k]->runs.data);
        right = ints_copy(&jobs[k]->runs, &runs) && (jobs[k]->marks = malloc(size)) != NULL;
        if (right) memcpy(jobs[k]->marks, w->marks[k], size);
    }
    free(runs.data);
    return right;
}

static int find_lane_runs(Work *w, size_t n) {
    Job *jobs[ABREAST];
    int together = 0;
    for (size_t i = 0; i < w->job_count; i++) {
        if (w->jobs[i].lane < 0 || w->jobs[i].silent || (w->jobs[i].twin = found_by_twin(w, &w->jobs[i])) != NULL) continue;
        jobs[together++] = &w->jobs[i];
        if (together < ABREAST) continue;
        if (!run_abreast(w, jobs, together, n)) return 0;
        together = 0;
    }
    return !together || run_abreast(w, jobs, together, n);
}

/* Run a machine that is no block code. */
static int run_machine(const Machine *m, const Source *source, int sparse, Sink *sink, Units *units) {
    Changes changes;
    for (int l = 0; l < m->lanes; l++) {
        if (!m->runs) {
            int status = lane(m, source, m->starts[l], NULL, &changes);
            if (status) return status;
            if (changes.count < m->minimum_changes || (!sparse && !changes.dense)) continue;
        }
        units->count = 0;
        int status = lane(m, source, m->starts[l], units, &changes);
        if (status) return status;
        run_clear(&sink->run);
        sink->letters = 0;
        if (!sink_units(sink, units->data, units->count)) return NO_MEMORY;
        if (m->runs ? !sink_end_run(sink) : !found_push(sink->found, sink->reading, sink->machine, &sink->run)) return NO_MEMORY;
    }
    return OK;
}

/* Read what a lane or machine finds, if that was not done. */
static int run_job(Work *w, const Job *job, int sparse, FoundList *found) {
    const Machine *m = &w->t->machines[job->machine];
    const Source *source = &w->sources[job->reading];
    int status = OK;
    for (size_t i = job->twin ? job->twin->first : 0; job->twin && i < job->twin->end && found->cost <= found->limit; i++) {
        Run run = found->data[i].run; /* the list may move */
        if (!found_push(found, job->reading, job->machine, &run)) return NO_MEMORY;
    }
    Sink sink = sink_of(w, job, found);
    if (job->lane == WHOLE) status = run_machine(m, source, sparse && !job->reading, &sink, &w->units);
    else if (job->runs.count) status = emit_runs(m, source, job->marks, &job->runs, &sink, &w->units) ? OK : NO_MEMORY;
    run_free(&sink.run);
    return status;
}

/* Put what was found in the order of readings and machines; of one machine, phases were read before its other lanes, as they should. */
static int sort_found(FoundList *found, int readings) {
    size_t *next = calloc((size_t)readings * MAX_MACHINES + 1, sizeof *next);
    Found *sorted = malloc((found->count + 1) * sizeof *sorted);
    int right = next && sorted;
    for (size_t i = 0; right && i < found->count; i++) next[found->data[i].reading * MAX_MACHINES + found->data[i].machine + 1]++;
    for (int k = 0; right && k < readings * MAX_MACHINES; k++) next[k + 1] += next[k];
    for (size_t i = 0; right && i < found->count; i++) sorted[next[found->data[i].reading * MAX_MACHINES + found->data[i].machine]++] = found->data[i];
    free(next);
    if (!right) { free(sorted); return 0; }
    free(found->data);
    found->data = sorted;
    found->room = found->count + 1;
    return 1;
}

static int decode_all(const Tables *t, const uint32_t *text, size_t n, int readings, int sparse, FoundList *found) {
    Work *w = calloc(1, sizeof *w);
    if (!w) return NO_MEMORY;
    w->t = t;
    int status = (w->sources = malloc((size_t)readings * sizeof *w->sources)) && (w->was_run = calloc((size_t)readings * MAX_MACHINES, 1)) && (w->phase_runs = calloc((size_t)readings * (size_t)t->machine_count * MAX_LANES + 1, sizeof *w->phase_runs)) && (w->shadow = malloc(n + 1)) && (w->symbols = malloc((size_t)readings * (n + 1))) && phases_room(&w->phases, n) ? OK : NO_MEMORY;
    for (int k = 0; k < ABREAST; k++)
        if (!(w->bytes[k] = malloc(4 * n + SLACK)) || !(w->marks[k] = malloc((n / STRETCH + 1) * sizeof(Mark)))) status = NO_MEMORY;
    if (status == OK && !(list_jobs(w, text, n, readings) && run_all_phases(w, found) && find_lane_runs(w, n))) status = NO_MEMORY;
    for (size_t i = 0; status == OK && i < w->job_count; i++) status = run_job(w, &w->jobs[i], sparse, found);
    if (status == OK && found->count && !sort_found(found, readings)) status = NO_MEMORY;
    work_free(w);
    return status;
}

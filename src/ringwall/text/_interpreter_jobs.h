/* All decoders over all readings of a text: first what may be silent is found to be so, for many lanes at once; then the rest is read. Included by _interpreter_decode.h. */

enum { PHASES = -1, WHOLE = -2 };
/* One lane of one machine over one reading; or all phases of its code; or a whole machine that is no block code. `runs`: those that survive. */
typedef struct { int reading, machine, lane; Ints runs; Mark *marks; } Job;

typedef struct {
    const Tables *t;
    Source *sources; /* per reading */
    Job *jobs;
    size_t job_count, job_room;
    uint32_t (*silent)[MAX_MACHINES]; /* per reading and machine, the phases without a run */
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
    w->jobs[w->job_count++] = (Job){reading, machine, lane, {0}, NULL};
    return 1;
}

static void work_free(Work *w) {
    for (size_t i = 0; i < w->job_count; i++) { free(w->jobs[i].runs.data); free(w->jobs[i].marks); }
    for (int k = 0; k < ABREAST; k++) { free(w->bytes[k]); free(w->marks[k]); }
    phases_free(&w->phases);
    free(w->sources); free(w->silent);
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

/* Write the readings down, and list what is to be run over each. */
static int list_jobs(Work *w, const uint32_t *text, size_t n, int readings) {
    const Tables *t = w->t;
    uint64_t plain[OTHER + 1] = {0};
    for (size_t i = 0; i < n; i++) w->shadow[i] = text[i] < OTHER ? (uint8_t)text[i] : OTHER;
    for (size_t i = 0; i < n; i++) plain[w->shadow[i]]++;
    for (int r = 0; r < readings; r++) {
        Source *source = &w->sources[r];
        *source = (Source){w->symbols + (size_t)r * (n + 1), text, n, t->reading_backwards[r], {0}};
        write_reading(w, r, w->shadow, n, plain, source);
        for (int k = 0; k < t->machine_count; k++) {
            const Machine *m = &t->machines[k];
            uint64_t present = 0;
            if (!(m->readings >> r & 1)) continue;
            for (int c = 0; c < 128; c++) present += m->alphabet[c] ? source->counts[c] : 0;
            if (present < m->minimum) continue;
            if (m->fast && m->turn && !job_push(w, r, k, PHASES)) return 0;
            for (int l = m->turn; m->fast && l < m->lanes; l++) if (!job_push(w, r, k, l)) return 0;
            if (!m->fast && (!m->breaks || may_hold_run(m, source)) && !job_push(w, r, k, WHOLE)) return 0;
        }
    }
    return 1;
}

static int find_phases_silent(Work *w) {
    for (size_t i = 0; i < w->job_count; i++) {
        Job *job = &w->jobs[i];
        const Machine *m = &w->t->machines[job->machine];
        if (job->lane != PHASES) continue;
        if (!find_phase_runs(w->t, m, &w->sources[job->reading], &w->phases)) return 0;
        uint32_t silent = (1u << m->turn) - 1;
        for (size_t k = 0; k < w->phases.runs.count; k += 3) silent &= ~(1u << w->phases.runs.data[k]);
        w->silent[job->reading][job->machine] = silent;
        if (w->phases.runs.count && !ints_copy(&job->runs, &w->phases.runs)) return 0;
    }
    return 1;
}

/* Say whether a lane emits what a silent one does: none of the symbols that could part them is there. */
static int is_silent(const Work *w, const Job *job) {
    const Twin *twin = &w->t->machines[job->machine].twins[job->lane];
    if (!twin->known || !(w->silent[job->reading][twin->machine] >> twin->lane & 1)) return 0;
    for (int k = 0; k < 2; k++) {
        uint64_t apart = 0;
        for (int symbol = 0; symbol <= OTHER; symbol++) apart += twin->without[k][symbol] ? w->sources[job->reading].counts[symbol] : 0;
        if (!apart) return 1;
    }
    return 0;
}

/* Run up to four lanes over their readings, a stretch at a time, and find their runs. */
static int run_abreast(Work *w, Job *jobs[ABREAST], int together, size_t n) {
    Lane lanes[ABREAST];
    Ints runs = {0};
    int right = 1;
    for (int k = 0; k < ABREAST; k++) {
        const Job *job = jobs[k < together ? k : 0];
        const Machine *m = &w->t->machines[job->machine];
        lanes[k] = (Lane){m, w->sources[job->reading].symbols, m->starts[job->lane] * ALPHABET, 0, 0, w->bytes[k]};
    }
    for (size_t first = 0; first <= n; first += STRETCH) {
        for (int k = 0; k < together; k++) w->marks[k][first / STRETCH] = (Mark){lanes[k].acc, lanes[k].state / ALPHABET, lanes[k].made};
        fast_lanes(first, n + 1 - first < STRETCH ? n + 1 : first + STRETCH, together, lanes);
    }
    for (int k = 0; right && k < together; k++) {
        right = surviving_runs(w->t, w->bytes[k], lanes[k].made, lanes[k].m->run_minimum, &runs);
        if (!right || !runs.count) continue;
        size_t size = (n / STRETCH + 1) * sizeof(Mark);
        right = ints_copy(&jobs[k]->runs, &runs) && (jobs[k]->marks = malloc(size)) != NULL;
        if (right) memcpy(jobs[k]->marks, w->marks[k], size);
    }
    free(runs.data);
    return right;
}

static int find_lanes_silent(Work *w, size_t n) {
    Job *jobs[ABREAST];
    int together = 0;
    for (size_t i = 0; i < w->job_count; i++) {
        if (w->jobs[i].lane < 0 || is_silent(w, &w->jobs[i])) continue;
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

/* Read what is not silent. */
static int run_job(Work *w, const Job *job, int sparse, FoundList *found) {
    const Machine *m = &w->t->machines[job->machine];
    const Source *source = &w->sources[job->reading];
    Sink sink = {w->t, m, found, job->reading, job->machine, source->length, source->backwards, 0, {{0}, {0}, {0}}};
    int status = OK;
    if (job->lane == WHOLE) status = run_machine(m, source, sparse && !job->reading, &sink, &w->units);
    else if (job->runs.count && job->lane >= 0) status = emit_runs(m, source, job->marks, &job->runs, &sink, &w->units) ? OK : NO_MEMORY;
    else if (job->runs.count) status = emit_phases(m, source, &w->phases, &job->runs, &sink, &w->units) ? OK : NO_MEMORY;
    run_free(&sink.run);
    return status;
}

static int decode_all(const Tables *t, const uint32_t *text, size_t n, int readings, int sparse, FoundList *found) {
    Work *w = calloc(1, sizeof *w);
    if (!w) return NO_MEMORY;
    w->t = t;
    int status = (w->sources = malloc((size_t)readings * sizeof *w->sources)) && (w->silent = calloc((size_t)readings, sizeof *w->silent)) && (w->shadow = malloc(n + 1)) && (w->symbols = malloc((size_t)readings * (n + 1))) && phases_room(&w->phases, n) ? OK : NO_MEMORY;
    for (int k = 0; k < ABREAST; k++)
        if (!(w->bytes[k] = malloc(4 * n + SLACK)) || !(w->marks[k] = malloc((n / STRETCH + 1) * sizeof(Mark)))) status = NO_MEMORY;
    if (status == OK && !(list_jobs(w, text, n, readings) && find_phases_silent(w) && find_lanes_silent(w, n))) status = NO_MEMORY;
    for (size_t i = 0; status == OK && i < w->job_count; i++) status = run_job(w, &w->jobs[i], sparse, found);
    work_free(w);
    return status;
}

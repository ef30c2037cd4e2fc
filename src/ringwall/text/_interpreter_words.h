/* Words of a text: which may be scrambled ones of a list, and spans replaced by others. Included by _interpreter.c. */

enum { SCRAMBLED_LEAST = 4, SCRAMBLED_MOST = 64 }; /* letters */
typedef struct { uint64_t key; uint32_t word, length; } Slot; /* length 0: free */
typedef struct { uint8_t *letters; Slot *slots; size_t mask; } Lexicon;

static void lexicon_free(Lexicon *l) {
    if (!l) return;
    free(l->letters); free(l->slots);
    free(l);
}

static void lexicon_destroy(PyObject *capsule) { lexicon_free(PyCapsule_GetPointer(capsule, "ringwall.lexicon")); }

/* 0 for what is no letter. */
static inline uint32_t small_letter(uint32_t c) { return (c | 32) - 'a' < 26u && c < 128 ? c | 32 : 0; }

static inline uint64_t letter_weight(uint32_t c) {
    uint64_t x = (c + 1) * 0x9E3779B97F4A7C15u;
    return (x ^ x >> 29) * 0xBF58476D1CE4E5B9u;
}

/* The same for words with the same ends and the same letters between them; what two words share by chance, the caller finds out. */
static inline uint64_t word_key(uint64_t sum, uint32_t first, uint32_t last, size_t length) {
    uint64_t x = sum + first * 0xD6E8FEB86659FD93u + last * 0xA0761D6478BD642Fu + length;
    return x ^ x >> 32;
}

/* lexicon(words): of small letters, four to 64 each, no two with the same ends and inner letters; joined by blanks. */
static PyObject *py_lexicon(PyObject *self, PyObject *args) {
    Py_buffer words;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*", &words)) return NULL;
    size_t n = (size_t)words.len, count = 1, room = 64;
    Lexicon *l = calloc(1, sizeof *l);
    int right = l && (l->letters = malloc(n + 1)) != NULL;
    if (right) memcpy(l->letters, words.buf, n);
    PyBuffer_Release(&words);
    for (size_t i = 0; right && i < n; i++) count += l->letters[i] == ' ';
    while (room < 4 * count) room *= 2;
    right = right && (l->slots = calloc(room, sizeof *l->slots)) != NULL;
    PyObject *capsule = right ? NULL : PyErr_NoMemory();
    if (right) l->mask = room - 1;
    for (size_t i = 0, end; right && i < n; i = end + 1) {
        uint64_t sum = 0;
        for (end = i; end < n && l->letters[end] != ' '; end++) {
            right = right && l->letters[end] == small_letter(l->letters[end]);
            sum += letter_weight(l->letters[end]);
        }
        right = right && end - i >= SCRAMBLED_LEAST && end - i <= SCRAMBLED_MOST;
        if (!right) { refuse("a lexicon holds what is no word"); break; }
        uint64_t key = word_key(sum, l->letters[i], l->letters[end - 1], end - i);
        size_t place = key & l->mask;
        while (l->slots[place].length) place = (place + 1) & l->mask;
        l->slots[place] = (Slot){key, (uint32_t)i, (uint32_t)(end - i)};
    }
    if (right) capsule = PyCapsule_New(l, "ringwall.lexicon", lexicon_destroy);
    if (!capsule) lexicon_free(l);
    return capsule;
}

/* Say whether the list holds a word of this key that is not the word itself. */
static int is_scrambled(const Lexicon *l, const uint32_t *word, size_t length, uint64_t key) {
    for (size_t place = key & l->mask; l->slots[place].length; place = (place + 1) & l->mask) {
        const Slot *slot = &l->slots[place];
        if (slot->key != key || slot->length != length) continue;
        for (size_t k = 0; k < length; k++) if (small_letter(word[k]) != l->letters[slot->word + k]) return 1;
    }
    return 0;
}

static int find_scrambled(const Lexicon *l, const uint32_t *text, size_t n, Ints *found) {
    uint64_t weights[128];
    for (uint32_t c = 0; c < 128; c++) weights[c] = small_letter(c) ? letter_weight(small_letter(c)) : 0;
    for (size_t i = 0; i < n; i++) {
        size_t begun = i;
        uint64_t sum = 0, weight;
        for (; i < n && text[i] < 128 && (weight = weights[text[i]]) != 0; i++) sum += weight;
        size_t length = i - begun;
        if (length < SCRAMBLED_LEAST || length > SCRAMBLED_MOST) continue;
        uint64_t key = word_key(sum, small_letter(text[begun]), small_letter(text[i - 1]), length);
        if (l->slots[key & l->mask].length && is_scrambled(l, text + begun, length, key) && !(ints_push(found, (uint32_t)begun) && ints_push(found, (uint32_t)i))) return 0;
    }
    return 1;
}

/* scrambled(lexicon, text) -> [start, end, start, end, ...] of words that may stand for others. */
static PyObject *py_scrambled(PyObject *self, PyObject *args) {
    PyObject *capsule, *text, *result = NULL;
    Ints found = {0};
    int right;
    (void)self;
    if (!PyArg_ParseTuple(args, "OU", &capsule, &text)) return NULL;
    const Lexicon *l = PyCapsule_GetPointer(capsule, "ringwall.lexicon");
    Py_UCS4 *data = l ? PyUnicode_AsUCS4Copy(text) : NULL;
    if (!data) return NULL;
    size_t n = (size_t)PyUnicode_GetLength(text);
    Py_BEGIN_ALLOW_THREADS
    right = find_scrambled(l, data, n, &found);
    Py_END_ALLOW_THREADS
    PyMem_Free(data);
    if (!right) PyErr_NoMemory();
    else result = PyList_New((Py_ssize_t)found.count);
    for (size_t i = 0; result && i < found.count; i++) {
        PyObject *item = PyLong_FromUnsignedLong(found.data[i]);
        if (item) PyList_SetItem(result, (Py_ssize_t)i, item);
        else Py_CLEAR(result);
    }
    free(found.data);
    return result;
}

static int splice(const uint32_t *text, size_t n, const uint32_t *from, size_t *place, size_t start, size_t end, Py_ssize_t length, Run *run) {
    if (start < *place || end < start || end > n) return refuse("a span is out of bounds");
    size_t more = start - *place + (size_t)length;
    if (!ints_room(&run->text, more) || !ints_room(&run->starts, more) || !ints_room(&run->ends, more)) { PyErr_NoMemory(); return 0; }
    size_t at = run->text.count, same = start - *place;
    if (same) memcpy(run->text.data + at, text + *place, same * sizeof *text);
    for (size_t k = 0; k < same; k++) run->starts.data[at + k] = (uint32_t)(*place + k);
    for (size_t k = 0; k < same; k++) run->ends.data[at + k] = (uint32_t)(*place + k) + 1;
    for (size_t k = 0; k < (size_t)length; k++) {
        run->text.data[at + same + k] = from[k];
        run->starts.data[at + same + k] = (uint32_t)start;
        run->ends.data[at + same + k] = (uint32_t)end;
    }
    run->text.count = run->starts.count = run->ends.count = at + more;
    *place = end;
    return 1;
}

/* replaced(text, [(start, end, what), ...]) -> text, starts, ends. */
static PyObject *py_replaced(PyObject *self, PyObject *args) {
    PyObject *text, *changes, *result = NULL;
    Run run = {0};
    (void)self;
    if (!PyArg_ParseTuple(args, "UO!", &text, &PyList_Type, &changes)) return NULL;
    Py_UCS4 *data = PyUnicode_AsUCS4Copy(text);
    if (!data) return NULL;
    size_t n = (size_t)PyUnicode_GetLength(text), place = 0;
    int right = 1;
    for (Py_ssize_t i = 0; right && i < PyList_Size(changes); i++) {
        PyObject *what;
        Py_ssize_t start, end;
        right = PyArg_ParseTuple(PyList_GetItem(changes, i), "nnU", &start, &end, &what);
        Py_UCS4 *letters = right ? PyUnicode_AsUCS4Copy(what) : NULL;
        right = letters && splice(data, n, letters, &place, (size_t)start, (size_t)end, PyUnicode_GetLength(what), &run);
        PyMem_Free(letters);
    }
    if (right && splice(data, n, NULL, &place, n, n, 0, &run)) result = run_value(&run);
    PyMem_Free(data);
    run_free(&run);
    return result;
}

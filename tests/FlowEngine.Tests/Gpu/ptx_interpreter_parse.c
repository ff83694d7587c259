// From the text of a module to instructions.

#include "ptx_interpreter.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 8, MOST_SYMBOLS = 64 };

// .reg .b32 %r<414>: the registers %r0 to %r413. Of one register without a number, the count is 0.
struct class { char prefix[8]; int bytes; unsigned count; uint32_t start; };

// A label, or a variable in shared memory.
struct symbol { char* name; uint64_t value; };

struct parser {
    const char* at;
    int line;
    struct ptx_kernel* kernel;
    struct class classes[CLASSES];
    int class_count;
    struct symbol* labels;
    int label_count, label_room;
    struct symbol shared[MOST_SYMBOLS];
    int shared_count, code_room;
    char* local;
    char* dynamic_shared;
    unsigned dynamic_align;
    uint32_t constants_room;
    char* error;
    size_t room;
    jmp_buf failed;
};

static struct ptx_module* modules;

_Noreturn __attribute__((format(printf, 2, 3))) static void fail(struct parser* p, const char* format, ...)
{
    int used = snprintf(p->error, p->room, "line %d: ", p->line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(p->error + used, p->room > (size_t)used ? p->room - (size_t)used : 0, format, arguments);
    va_end(arguments);
    longjmp(p->failed, 1);
}

static const char* skip(const char* c)
{
    while (*c == ' ' || *c == '\t') { c++; }
    return c;
}

// The register slots of a warp; a vector of 32 lanes begins at a multiple of 64 bytes.
static uint32_t reserve(struct parser* p, uint32_t length)
{
    uint32_t start = p->kernel->frame;
    p->kernel->frame += (length + 63) & ~63u;
    if (p->kernel->frame > p->constants_room) {
        uint32_t room = p->kernel->frame * 2 + 65536;
        p->kernel->constants = realloc(p->kernel->constants, room);
        memset(p->kernel->constants + p->constants_room, 0, room - p->constants_room);
        p->constants_room = room;
    }
    return start;
}

static int bytes_of(struct parser* p, const char* type)
{
    static const struct { const char* name; int bytes; } types[] = {
        {"pred", 0}, {"b8", 1}, {"u8", 1}, {"s8", 1}, {"b16", 2}, {"u16", 2}, {"s16", 2}, {"b32", 4}, {"u32", 4},
        {"s32", 4}, {"f32", 4}, {"b64", 8}, {"u64", 8}, {"s64", 8}, {"f64", 8},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, type) == 0) { return types[i].bytes; }
    }
    fail(p, "the type .%s is not known", type);
}

static struct symbol* find_symbol(struct symbol* symbols, int count, const char* name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(symbols[i].name, name) == 0) { return &symbols[i]; }
    }
    return NULL;
}

// The start of a register of so many bytes a lane (0: a predicate), or -1 where the text names none.
static int64_t register_named(struct parser* p, const char* name, int* bytes)
{
    static const char* const specials[] = {
        "%tid.x", "%tid.y", "%tid.z", "%ntid.x", "%ntid.y", "%ntid.z", "%ctaid.x", "%ctaid.y", "%ctaid.z", "%nctaid.x",
        "%nctaid.y", "%nctaid.z", "%laneid", "%dynamic_smem_size",
    };
    for (int i = 0; i < SPECIALS; i++) {
        if (strcmp(specials[i], name) == 0) {
            *bytes = 4;
            return i * 4 * PTX_LANES;
        }
    }
    for (int i = 0; i < p->class_count; i++) {
        const struct class* class = &p->classes[i];
        size_t length = strlen(class->prefix);
        if (strncmp(class->prefix, name, length) != 0) { continue; }
        if (class->count == 0 ? name[length] != 0 : name[length] < '0' || name[length] > '9') { continue; }
        unsigned long index = strtoul(name + length, NULL, 10);
        if (class->count > 0 && index >= class->count) { fail(p, "the register %s is not declared", name); }
        *bytes = class->bytes;
        return (int64_t)(class->start + index * (class->bytes == 0 ? 4u : (unsigned)class->bytes * PTX_LANES));
    }
    return -1;
}

// A value that all lanes share, put into the registers of every warp before it begins.
static uint32_t constant(struct parser* p, uint64_t value, int bytes)
{
    uint32_t start = reserve(p, bytes == 0 ? 4 : (uint32_t)bytes * PTX_LANES);
    unsigned char* to = p->kernel->constants + start;
    if (bytes == 0) {
        memset(to, value ? 0xff : 0, 4);
        return start;
    }
    for (int lane = 0; lane < PTX_LANES; lane++) { memcpy(to + lane * bytes, &value, (size_t)bytes); }
    return start;
}

// A number, or the address of a variable or parameter; returns whether the text is one.
static int value_of(struct parser* p, const char* text, uint64_t* value)
{
    if (text[0] == '0' && (text[1] == 'f' || text[1] == 'd')) {
        *value = strtoull(text + 2, NULL, 16);
        return 1;
    }
    if ((text[0] >= '0' && text[0] <= '9') || text[0] == '-') {
        *value = text[0] == '-' ? (uint64_t)-strtoll(text + 1, NULL, 0) : strtoull(text, NULL, 0);
        return 1;
    }
    const struct symbol* shared = find_symbol(p->shared, p->shared_count, text);
    if (shared) {
        *value = PTX_SHARED_BASE + shared->value;
        return 1;
    }
    if (p->local && strcmp(p->local, text) == 0) {
        *value = PTX_LOCAL_BASE;
        return 1;
    }
    for (int i = 0; i < p->kernel->parameter_count; i++) {
        if (strcmp(p->kernel->parameters[i].name, text) == 0) {
            *value = PTX_PARAMETER_BASE + p->kernel->parameters[i].offset;
            return 1;
        }
    }
    return 0;
}

// [%rd1+20], [name+4], [name].
static int address_operand(struct parser* p, const char* text, struct ptx_instruction* in, int operand)
{
    char base[160];
    size_t length = strcspn(text + 1, "+]");
    if (text[0] != '[' || length >= sizeof base) { return 0; }
    snprintf(base, sizeof base, "%.*s", (int)length, text + 1);
    in->offset |= text[1 + length] == '+' ? strtoll(text + 2 + length, NULL, 0) : 0;
    int bytes;
    int64_t start = register_named(p, base, &bytes);
    uint64_t value;
    if (start >= 0) {
        in->operand[operand] = (uint32_t)start;
        in->operand_bytes[operand] = (unsigned char)bytes;
        return bytes == 4 || bytes == 8;
    }
    if (!value_of(p, base, &value)) { return 0; }
    in->operand[operand] = constant(p, value, 8);
    in->operand_bytes[operand] = 8;
    return 1;
}

// An operand of so many bytes, or of at least so many.
static int plain_operand(
    struct parser* p, const char* text, struct ptx_instruction* in, int operand, int bytes, int may_be_wider)
{
    int found;
    int64_t start = register_named(p, text, &found);
    uint64_t value;
    if (start >= 0) {
        in->operand[operand] = (uint32_t)start;
        in->operand_bytes[operand] = (unsigned char)found;
        return found == bytes || (may_be_wider && found > bytes);
    }
    if (!value_of(p, text, &value)) { return 0; }
    in->operand[operand] = constant(p, value, bytes);
    in->operand_bytes[operand] = (unsigned char)bytes;
    return 1;
}

static int fits(struct parser* p, const struct ptx_form* form, char operands[][160], int count, struct ptx_instruction* in)
{
    if ((int)strlen(form->sizes) != count) { return 0; }
    in->offset = 0;
    for (int i = 0; i < count; i++) {
        char size = form->sizes[i];
        int is_right = size == 'a' ? address_operand(p, operands[i], in, i)
            : plain_operand(p, operands[i], in, i, size == 'p' ? 0 : size == 'h' ? 2 : size == 'w' ? 4 : 8, 0);
        if (!is_right) { return 0; }
    }
    in->operands = count;
    in->execute = form->execute;
    in->flow = form->flow;
    return 1;
}

// ld.SPACE.vN.TYPE and st.SPACE.vN.TYPE.
static int access(struct parser* p, const char* name, char operands[][160], int count, struct ptx_instruction* in)
{
    static const struct { const char* prefix; ptx_execute* execute; } spaces[] = {
        {"ld.param.", ptx_load_parameter}, {"ld.shared.", ptx_load_shared}, {"ld.global.nc.", ptx_load_global},
        {"ld.global.", ptx_load_global}, {"ld.local.", ptx_load_local}, {"st.shared.", ptx_store_shared},
        {"st.global.", ptx_store_global}, {"st.local.", ptx_store_local},
        // Generic addresses, of device memory alone: any other is refused when it is used.
        {"ld.", ptx_load_global}, {"st.", ptx_store_global},
    };
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        size_t length = strlen(spaces[i].prefix);
        if (strncmp(spaces[i].prefix, name, length) != 0) { continue; }
        const char* type = name + length;
        in->elements = 1;
        if (type[0] == 'v' && (type[1] == '2' || type[1] == '4') && type[2] == '.') {
            in->elements = (unsigned char)(type[1] - '0');
            type += 3;
        }
        in->element_bytes = (unsigned char)bytes_of(p, type);
        in->is_signed = type[0] == 's';
        in->execute = spaces[i].execute;
        in->operands = count;
        // Shared memory is watched by words.
        if (in->element_bytes == 0 || (name[3] == 's' && in->element_bytes < 4) || count != in->elements + 1) { return 0; }
        int is_load = name[0] == 'l';
        for (int e = 0; e < in->elements; e++) {
            int operand = is_load ? e : e + 1;
            if (!plain_operand(p, operands[operand], in, operand, in->element_bytes, 1)) { return 0; }
        }
        return address_operand(p, operands[is_load ? count - 1 : 0], in, is_load ? count - 1 : 0);
    }
    return 0;
}

static const struct ptx_form* const* tables(int** counts)
{
    static const struct ptx_form* forms[3];
    static int lengths[3];
    forms[0] = ptx_arithmetic_forms(&lengths[0]);
    forms[1] = ptx_memory_forms(&lengths[1]);
    forms[2] = ptx_warp_forms(&lengths[2]);
    *counts = lengths;
    return forms;
}

static void add_label(struct parser* p, const char* name, int length, int target)
{
    if (p->label_count == p->label_room) {
        p->label_room = p->label_room * 2 + 64;
        p->labels = realloc(p->labels, (size_t)p->label_room * sizeof *p->labels);
    }
    struct symbol* label = &p->labels[p->label_count++];
    label->name = strndup(name, (size_t)length);
    label->value = (uint64_t)target;
}

// One instruction, without its semicolon.
static void statement(struct parser* p, const char* text)
{
    struct ptx_kernel* kernel = p->kernel;
    if (kernel->length == p->code_room) {
        p->code_room = p->code_room * 2 + 256;
        kernel->code = realloc(kernel->code, (size_t)p->code_room * sizeof *kernel->code);
    }
    struct ptx_instruction* in = &kernel->code[kernel->length++];
    *in = (struct ptx_instruction){.guard = -1, .target = -1, .line = p->line, .text = strdup(text)};
    const char* c = text;
    char word[160];
    if (*c == '@') {
        in->guard_is_negated = c[1] == '!';
        c += 1 + in->guard_is_negated;
        int length = (int)strcspn(c, " \t"), bytes;
        snprintf(word, sizeof word, "%.*s", length, c);
        int64_t start = register_named(p, word, &bytes);
        if (start < 0 || bytes != 0) { fail(p, "the guard is no predicate: %s", text); }
        in->guard = (int)start;
        c = skip(c + length);
    }
    int length = (int)strcspn(c, " \t");
    char name[160], operands[PTX_OPERANDS][160];
    snprintf(name, sizeof name, "%.*s", length, c);
    int count = 0;
    for (c = skip(c + length); *c;) {
        size_t part = strcspn(c, ",{} \t");
        if (part > 0) {
            if (count == PTX_OPERANDS || part >= sizeof *operands) { fail(p, "too many operands: %s", text); }
            snprintf(operands[count++], sizeof *operands, "%.*s", (int)part, c);
            c += part;
        } else {
            c++;
        }
    }
    if (strcmp(name, "bra") == 0 || strcmp(name, "bra.uni") == 0) {
        in->flow = PTX_BRANCH;
        // The label's name until all labels are known.
        if (count == 1) { return; }
    } else if (strcmp(name, "ret") == 0 && count == 0) {
        in->flow = PTX_EXIT;
        return;
    } else if (strcmp(name, "bar.sync") == 0 && count == 1 && strcmp(operands[0], "0") == 0) {
        in->flow = PTX_BARRIER;
        return;
    } else if (access(p, name, operands, count, in)) {
        return;
    }
    int* counts;
    const struct ptx_form* const* forms = tables(&counts);
    for (int t = 0; t < 3; t++) {
        for (int i = 0; i < counts[t]; i++) {
            if (strcmp(forms[t][i].name, name) == 0 && fits(p, &forms[t][i], operands, count, in)) { return; }
        }
    }
    fail(p, "the instruction is not known: %s", text);
}

// The next line without its comment and the space around it; false at the end.
static int next_line(struct parser* p, char* line, size_t room)
{
    if (!*p->at) { return 0; }
    const char* end = strchr(p->at, '\n');
    size_t length = end ? (size_t)(end - p->at) : strlen(p->at);
    if (length >= room) { fail(p, "the line is too long"); }
    memcpy(line, p->at, length);
    line[length] = 0;
    char* comment = strstr(line, "//");
    if (comment) { *comment = 0; }
    const char* begin = skip(line);
    memmove(line, begin, strlen(begin) + 1);
    length = strlen(line);
    while (length > 0 && strchr(" \t\r", line[length - 1])) { line[--length] = 0; }
    p->at = end ? end + 1 : p->at + strlen(p->at);
    p->line++;
    return 1;
}

// .param .u64 NAME  or  .param .align 4 .b8 NAME[24]
static void parameter(struct parser* p, const char* text)
{
    struct ptx_kernel* kernel = p->kernel;
    char type[16], name[160];
    unsigned align = 0, length = 0;
    if (kernel->parameter_count == PTX_PARAMETERS) { fail(p, "too many parameters"); }
    if (sscanf(text, ".param .align %u .b8 %159[^[][%u]", &align, name, &length) != 3) {
        if (sscanf(text, ".param .%15s %159[^,]", type, name) != 2) { fail(p, "no parameter: %s", text); }
        align = length = (unsigned)bytes_of(p, type);
    }
    uint32_t offset = (kernel->parameter_bytes + align - 1) & ~(align - 1);
    kernel->parameters[kernel->parameter_count++] = (struct ptx_parameter){strdup(name), offset, length};
    kernel->parameter_bytes = offset + length;
    if (kernel->parameter_bytes > PTX_PARAMETER_BYTES) { fail(p, "the parameters are too long"); }
}

static void begin_kernel(struct parser* p, const char* line)
{
    struct ptx_kernel* kernel = calloc(1, sizeof *kernel);
    kernel->name = strndup(line, strcspn(line, "("));
    kernel->max_threads = 1024;
    p->kernel = kernel;
    p->class_count = p->shared_count = p->label_count = p->code_room = 0;
    p->constants_room = 0;
    p->local = NULL;
    reserve(p, SPECIALS * 4 * PTX_LANES);
}

static void shared_variable(struct parser* p, const char* line)
{
    unsigned align, length;
    char name[160];
    if (sscanf(line, ".shared .align %u .b8 %159[^[][%u]", &align, name, &length) != 3 || p->shared_count == MOST_SYMBOLS) {
        fail(p, "no variable in shared memory: %s", line);
    }
    uint32_t start = (p->kernel->static_shared + align - 1) & ~(align - 1);
    p->shared[p->shared_count++] = (struct symbol){strdup(name), start};
    p->kernel->static_shared = start + length;
}

// One variable, as compilers make of all that a thread has in local memory.
static void local_variable(struct parser* p, const char* line)
{
    char name[160];
    if (p->local || sscanf(line, ".local .align %*u .b8 %159[^[][%u]", name, &p->kernel->local_bytes) != 2) {
        fail(p, "no variable in local memory, or a second one: %s", line);
    }
    p->kernel->local_bytes = (p->kernel->local_bytes + 15) & ~15u;
    p->kernel->local = reserve(p, p->kernel->local_bytes * PTX_LANES);
    p->local = strdup(name);
}

static void registers(struct parser* p, const char* line)
{
    char type[16];
    struct class* class = &p->classes[p->class_count++];
    class->count = 0;
    if (p->class_count > CLASSES || sscanf(line, ".reg .%15s %7[^<;]<%u>", type, class->prefix, &class->count) < 2) {
        fail(p, "no registers: %s", line);
    }
    class->bytes = bytes_of(p, type);
    unsigned count = class->count > 0 ? class->count : 1;
    class->start = reserve(p, count * (class->bytes == 0 ? 4u : (unsigned)class->bytes * PTX_LANES));
}

static const char* last_word(const char* text)
{
    const char* end = text + strlen(text);
    while (end > text && end[-1] != ' ' && end[-1] != '\t') { end--; }
    return end;
}

static void end_kernel(struct parser* p, struct ptx_module* module)
{
    struct ptx_kernel* kernel = p->kernel;
    for (int i = 0; i < kernel->length; i++) {
        struct ptx_instruction* in = &kernel->code[i];
        if (in->flow != PTX_BRANCH) { continue; }
        const struct symbol* label = find_symbol(p->labels, p->label_count, last_word(in->text));
        if (!label || (int)label->value >= kernel->length) { fail(p, "line %d: no such label: %s", in->line, in->text); }
        in->target = (int)label->value;
    }
    for (int i = 0; i < p->label_count; i++) { free(p->labels[i].name); }
    kernel->next = module->kernels;
    module->kernels = kernel;
    p->kernel = NULL;
}

static void body_line(struct parser* p, char* line)
{
    if (strncmp(line, ".shared ", 8) == 0) { shared_variable(p, line); return; }
    if (strncmp(line, ".local ", 7) == 0) { local_variable(p, line); return; }
    if (strncmp(line, ".pragma ", 8) == 0) { return; }
    // $L__BB0_1: of clang, or L_610: of ILGPU.
    char* colon = line + strcspn(line, ": \t{;");
    if (*colon == ':') {
        add_label(p, line, (int)(colon - line), p->kernel->length);
        line = colon + 1;
    }
    int outer = p->class_count;
    for (char* c = (char*)skip(line); *c; c = (char*)skip(c)) {
        if (*c == '{' || *c == '}') {
            // The registers of a block inside of a line end with it.
            p->class_count = *c++ == '}' ? outer : p->class_count;
            continue;
        }
        char* end = strchr(c, ';');
        if (!end) { fail(p, "no semicolon: %s", c); }
        *end = 0;
        if (strncmp(c, ".reg ", 5) == 0) { registers(p, c); } else { statement(p, c); }
        c = end + 1;
    }
}

__attribute__((noinline)) static void parse(struct parser* p, struct ptx_module* module)
{
    char line[1024];
    int has_version = 0, in_body = 0;
    while (next_line(p, line, sizeof line)) {
        if (line[0] == 0) { continue; }
        if (!has_version && strncmp(line, ".version ", 9) != 0) { fail(p, "Missing .version directive at start of file"); }
        if (!p->kernel) {
            if (strncmp(line, ".visible .entry ", 16) == 0) {
                begin_kernel(p, line + 16);
            } else if (strncmp(line, ".extern .shared ", 16) == 0) {
                char name[160];
                if (sscanf(line, ".extern .shared .align %u .b8 %159[^[][];", &p->dynamic_align, name) != 2) {
                    fail(p, "no variable: %s", line);
                }
                p->dynamic_shared = strdup(name);
            } else if (strncmp(line, ".version", 8) == 0) {
                has_version = 1;
            } else if (strncmp(line, ".target", 7) != 0 && strncmp(line, ".address_size 64", 16) != 0) {
                fail(p, "not known: %s", line);
            }
        } else if (!in_body) {
            if (strncmp(line, ".param ", 7) == 0) {
                parameter(p, line);
            } else if (strncmp(line, ".maxntid ", 9) == 0) {
                p->kernel->max_threads = (uint32_t)strtoul(line + 9, NULL, 10);
            } else if (strcmp(line, "{") == 0) {
                in_body = 1;
            } else if (strcmp(line, ")") != 0) {
                fail(p, "not known: %s", line);
            }
        } else if (strcmp(line, "}") == 0) {
            end_kernel(p, module);
            in_body = 0;
        } else {
            // Dynamic shared memory follows the variables, which stand before the first instruction.
            if (p->dynamic_shared && p->kernel->length == 0 && line[0] != '.' && p->shared_count < MOST_SYMBOLS
                && !find_symbol(p->shared, p->shared_count, p->dynamic_shared)) {
                p->kernel->static_shared = (p->kernel->static_shared + p->dynamic_align - 1) & ~(p->dynamic_align - 1);
                p->shared[p->shared_count++] = (struct symbol){p->dynamic_shared, p->kernel->static_shared};
            }
            body_line(p, line);
        }
    }
    if (!module->kernels || p->kernel) { fail(p, "the text ends before a kernel does"); }
}

// Whether it could; otherwise the reason is in the parser's error.
static int try_to_parse(struct parser* p, struct ptx_module* module)
{
    if (setjmp(p->failed)) { return 0; }
    parse(p, module);
    return 1;
}

struct ptx_module* ptx_load(const char* text, char* error, size_t room)
{
    for (struct ptx_module* module = modules; module; module = module->next) {
        if (strcmp(module->text, text) == 0) { return module; }
    }
    struct ptx_module* module = calloc(1, sizeof *module);
    struct parser* p = calloc(1, sizeof *p);
    p->at = text;
    p->error = error;
    p->room = room;
    int is_parsed = try_to_parse(p, module);
    free(p->labels);
    free(p);
    if (!is_parsed) { return NULL; }
    module->text = strdup(text);
    module->next = modules;
    modules = module;
    return module;
}

struct ptx_kernel* ptx_find_kernel(struct ptx_module* module, const char* name)
{
    for (struct ptx_kernel* kernel = module->kernels; kernel; kernel = kernel->next) {
        if (strcmp(kernel->name, name) == 0) { return kernel; }
    }
    return NULL;
}

struct ptx_module* ptx_modules(void) { return modules; }

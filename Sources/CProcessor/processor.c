#include "processor.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// Whether `list` has `name`, of `length` bytes, as a word between white space.
static bool has_word(const char *list, const char *name, size_t length) {
    for (const char *word = list + strspn(list, " \t\n"); *word; word += strspn(word, " \t\n")) {
        size_t size = strcspn(word, " \t\n");
        if (size == length && memcmp(word, name, length) == 0) return true;
        word += size;
    }
    return false;
}

// The flags of the first CPU, into `flags`; all CPUs that Linux runs a process on have the same.
static bool read_flags(const char *path, char *flags, size_t size) {
    FILE *file = fopen(path, "r");
    if (!file) return false;
    bool found = false;
    while (!found && fgets(flags, (int)size, file)) found = strncmp(flags, "flags", 5) == 0 && strchr(flags, ':');
    fclose(file);
    if (found) memset(flags, ' ', (size_t)(strchr(flags, ':') + 1 - flags));
    return found;
}

const char *processor_complaint(const char *required, const char *cpuinfo) {
    static char flags[16384], message[1024];
    if (!read_flags(cpuinfo ? cpuinfo : "/proc/cpuinfo", flags, sizeof flags)) return NULL;
    char missing[512] = "";
    for (const char *name = required + strspn(required, " "); *name; name += strspn(name, " ")) {
        size_t length = strcspn(name, " ");
        size_t used = strlen(missing);
        if (!has_word(flags, name, length) && used + length + 2 < sizeof missing) {
            snprintf(missing + used, sizeof missing - used, " %.*s", (int)length, name);
        }
        name += length;
    }
    if (!*missing) return NULL;
    snprintf(message, sizeof message,
             "error: this lockstep was built for another CPU: this one lacks%s. Build it on this machine by scripts/build; for several kinds of "
             "machines, on one that has no more than all of them\n", missing);
    return message;
}

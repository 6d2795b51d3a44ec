/* json_values.c: for shell tests: json_values FILE KEY... prints the value at KEY (of KEY in KEY ...) of every JSON
 * value in FILE ('-': standard input), one a line; nothing for one that has it not. Exits 1 where FILE is not JSON. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void print_at(json_t *json, int count, char *const keys[])
{
	for (int i = 0; i < count; i++)
		json = json_object_get(json, keys[i]);
	if (json_is_string(json))
		puts(json_string_value(json));
	else if (json && json_dumpf(json, stdout, JSON_ENCODE_ANY | JSON_COMPACT) == 0)
		putchar('\n');
}

int main(int argc, char **argv)
{
	FILE *file = argc < 2 ? NULL : strcmp(argv[1], "-") == 0 ? stdin : fopen(argv[1], "r");
	json_t *json;
	int next;

	if (!file)
		return 2;
	while ((next = getc(file)) != EOF) {
		if (next == '\n' || next == ' ')
			continue;
		ungetc(next, file);
		json = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL);
		if (!json)
			return 1;
		print_at(json, argc - 2, argv + 2);
		json_decref(json);
	}
	return 0;
}

/* fleet_test.c: checksums against the standard's examples, archives there and back, and archives of strangers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "merge.h"
#include "sha256.h"
#include "tar.h"

/* ---- SHA-256: the examples of FIPS 180-2, appendix B, the empty message, and every length around a block ---- */

static void digest_of(const void *data, size_t bytes, size_t step, char text[SHA256_TEXT])
{
	struct sha256 sha;

	sha256_begin(&sha);
	for (size_t i = 0; i < bytes; i += step)
		sha256_add(&sha, (const char *)data + i, bytes - i < step ? bytes - i : step);
	sha256_end(&sha, text);
}

static void sha256_examples(void **state)
{
	static const struct {
		const char *message, *digest;
	} examples[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	char *many = malloc(1000000), text[SHA256_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		digest_of(examples[i].message, strlen(examples[i].message), 7, text);
		assert_string_equal(text, examples[i].digest);
	}
	assert_non_null(many);
	memset(many, 'a', 1000000);
	digest_of(many, 1000000, 4099, text);
	assert_string_equal(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(many);
}

static void sha256_in_pieces(void **state)
{
	char data[200], whole[SHA256_TEXT], pieces[SHA256_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 31);
	for (size_t bytes = 1; bytes <= sizeof data; bytes++)
		for (size_t step = 1; step < 70; step += 23) {
			digest_of(data, bytes, bytes, whole);
			digest_of(data, bytes, step, pieces);
			assert_string_equal(whole, pieces);
		}
}

/* ---- A scratch folder, and archives made by hand ---- */

static const char manifest[] = "{\"format\": 1, \"created\": \"2026-01-31T12:00:00Z\", \"seed\": 7,"
			       " \"machine\": {\"identity\": \"0123456789abcdef\"}}";
static const char records[] = "{\"cell\": \"x\"}\n";
static const char run_name[] = "0123456789abcdef-20260131T120000Z-7";

struct world {
	char folder[32];
	int into;
	FILE *tar;
	struct files files; /* what the archive holds so far */
};

static int open_world(void **state)
{
	struct world *world = calloc(1, sizeof *world);

	strcpy(world->folder, "/tmp/fleet_test-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	assert_int_equal(chdir(world->folder), 0);
	assert_int_equal(mkdir("into", 0777), 0);
	world->into = open("into", O_RDONLY | O_DIRECTORY);
	world->tar = fopen("tar", "w");
	*state = world;
	return 0;
}

static int close_world(void **state)
{
	struct world *world = *state;

	if (world->tar)
		fclose(world->tar);
	close(world->into);
	files_clear(&world->files);
	assert_int_equal(chdir("/"), 0);
	files_remove(world->folder);
	free(world);
	return 0;
}

static void put_header(struct world *world, const char *prefix, const char *name, uint64_t size)
{
	unsigned char block[TAR_BLOCK];

	assert_int_equal(tar_write(block, prefix, name, size, 0), 0);
	assert_int_equal(fwrite(block, sizeof block, 1, world->tar), 1);
}

/* Another type of entry, under a checksum that is right. */
static void put_type(struct world *world, const char *name, char type)
{
	unsigned char block[TAR_BLOCK];
	unsigned sum = 0;

	assert_int_equal(tar_write(block, run_name, name, 0, 0), 0);
	block[156] = (unsigned char)type;
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += block[i];
	snprintf((char *)block + 148, 8, "%06o", sum);
	assert_int_equal(fwrite(block, sizeof block, 1, world->tar), 1);
}

static void put_bytes(struct world *world, const char *text)
{
	static const char zeros[TAR_BLOCK];
	size_t bytes = strlen(text);

	fwrite(text, 1, bytes, world->tar);
	fwrite(zeros, 1, (TAR_BLOCK - bytes % TAR_BLOCK) % TAR_BLOCK, world->tar);
}

static void put_file(struct world *world, const char *name, const char *text)
{
	char digest[SHA256_TEXT];

	put_header(world, run_name, name, strlen(text));
	put_bytes(world, text);
	digest_of(text, strlen(text), strlen(text) + 1, digest);
	files_add(&world->files, name, digest);
}

static void put_bundle(struct world *world)
{
	put_file(world, "manifest.json", manifest);
	put_file(world, "records.jsonl", records);
}

static void put_end(struct world *world)
{
	static const char zeros[2 * TAR_BLOCK];
	char *text = files_text(&world->files);

	put_header(world, run_name, FILES_SUMS, strlen(text));
	put_bytes(world, text);
	free(text);
	fwrite(zeros, 1, sizeof zeros, world->tar);
}

static int merge(struct world *world, const char *source, char name[MERGE_NAME_MAX], enum merge_outcome *outcome,
		 char reason[FLEET_REASON_MAX])
{
	reason[0] = '\0';
	return merge_bundle(world->into, source, name, outcome, reason);
}

/* The archive as it is now is refused for that reason, and nothing of it is left. */
static void refused(struct world *world, const char *why)
{
	char name[MERGE_NAME_MAX], reason[FLEET_REASON_MAX];
	enum merge_outcome outcome;

	fclose(world->tar);
	world->tar = NULL;
	assert_true(merge(world, "tar", name, &outcome, reason) < 0);
	if (!strstr(reason, why))
		fail_msg("'%s' does not say '%s'", reason, why);
	assert_int_equal(rmdir("into"), 0);
}

static void merged(struct world *world, const char *source, const char *wanted, enum merge_outcome wanted_outcome)
{
	char name[MERGE_NAME_MAX], reason[FLEET_REASON_MAX];
	enum merge_outcome outcome;

	if (merge(world, source, name, &outcome, reason) < 0)
		fail_msg("refused: %s", reason);
	assert_memory_equal(name, wanted, strlen(wanted));
	assert_int_equal(outcome, wanted_outcome);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void write_bundle(const char *folder)
{
	char path[64];

	mkdir(folder, 0777);
	snprintf(path, sizeof path, "%s/plots", folder);
	mkdir(path, 0777);
	snprintf(path, sizeof path, "%s/manifest.json", folder);
	write_text(path, manifest);
	snprintf(path, sizeof path, "%s/records.jsonl", folder);
	write_text(path, records);
	snprintf(path, sizeof path, "%s/plots/chess.tsv", folder);
	write_text(path, "1\t2\n");
}

/* ---- Archives there and back ---- */

static void there_and_back(void **state)
{
	struct world *world = *state;
	char name[FLEET_NAME_MAX], reason[FLEET_REASON_MAX], first[SHA256_TEXT], second[SHA256_TEXT];
	int out = open("one.tar", O_WRONLY | O_CREAT, 0666);

	write_bundle("bundle");
	assert_int_equal(archive_write("bundle", out, name, reason), 0);
	assert_string_equal(name, run_name);
	close(out);
	merged(world, "one.tar", run_name, MERGE_DONE);
	merged(world, "one.tar", run_name, MERGE_THERE);
	merged(world, "bundle", run_name, MERGE_THERE);
	assert_int_equal(access("into/0123456789abcdef-20260131T120000Z-7/plots/chess.tsv", F_OK), 0);
	/* The same bytes from what was merged. */
	out = open("two.tar", O_WRONLY | O_CREAT, 0666);
	assert_int_equal(archive_write("into/0123456789abcdef-20260131T120000Z-7", out, name, reason), 0);
	close(out);
	assert_int_equal(files_digest(AT_FDCWD, "one.tar", first), 0);
	assert_int_equal(files_digest(AT_FDCWD, "two.tar", second), 0);
	assert_string_equal(first, second);
}

static void two_of_a_name(void **state)
{
	struct world *world = *state;

	write_bundle("bundle");
	merged(world, "bundle", run_name, MERGE_DONE);
	write_text("bundle/records.jsonl", "{\"cell\": \"y\"}\n");
	merged(world, "bundle", "0123456789abcdef-20260131T120000Z-7-", MERGE_BESIDE);
	merged(world, "bundle", "0123456789abcdef-20260131T120000Z-7-", MERGE_THERE);
	write_text("bundle/records.jsonl", records);
	merged(world, "bundle", run_name, MERGE_THERE);
}

static void by_hand(void **state)
{
	struct world *world = *state;

	put_type(world, "", '5');
	put_bundle(world);
	put_type(world, "plots/", '5');
	put_file(world, "plots/chess.svg", "<svg/>");
	put_end(world);
	fflush(world->tar);
	merged(world, "tar", run_name, MERGE_DONE);
}

/* ---- Strangers' ---- */

static void leaving(void **state)
{
	put_bundle(*state);
	put_header(*state, run_name, "../../x", 0);
	refused(*state, "leaves its folder");
}

static void absolute(void **state)
{
	put_header(*state, "/tmp", "x", 0);
	refused(*state, "leaves its folder");
}

static void dotted(void **state)
{
	put_bundle(*state);
	put_header(*state, run_name, "a/../b", 0);
	refused(*state, "leaves its folder");
}

static void hidden(void **state)
{
	put_bundle(*state);
	put_header(*state, run_name, ".bashrc", 0);
	refused(*state, "no name that a bundle has");
}

static void deep(void **state)
{
	put_header(*state, run_name, "a/b/c/d/e", 0);
	refused(*state, "no name that a bundle has");
}

static void linking(void **state)
{
	put_bundle(*state);
	put_type(*state, "plots", '2');
	refused(*state, "a link");
}

static void hard_linking(void **state)
{
	put_type(*state, "plots", '1');
	refused(*state, "a link");
}

static void device(void **state)
{
	put_type(*state, "plots", '3');
	refused(*state, "a device");
}

static void extended(void **state)
{
	put_type(*state, "plots", 'x');
	refused(*state, "of a kind");
}

static void twice(void **state)
{
	put_bundle(*state);
	put_file(*state, "records.jsonl", "");
	refused(*state, "there twice");
}

static void elsewhere(void **state)
{
	put_bundle(*state);
	put_header(*state, "other", "x", 0);
	refused(*state, "one folder");
}

static void bare(void **state)
{
	put_header(*state, "", "manifest.json", 0);
	refused(*state, "one folder");
}

static void huge(void **state)
{
	put_bundle(*state);
	put_header(*state, run_name, "x", FILES_BYTES_MAX);
	refused(*state, "4 GiB");
}

static void many(void **state)
{
	char name[16];

	for (int i = 0; i <= FILES_MAX; i++) {
		snprintf(name, sizeof name, "%d", i);
		put_header(*state, run_name, name, 0);
	}
	refused(*state, "more files");
}

static void cut(void **state)
{
	struct world *world = *state;

	put_bundle(world);
	put_end(world);
	fflush(world->tar);
	assert_int_equal(ftruncate(fileno(world->tar), TAR_BLOCK + 10), 0);
	refused(world, "ends too early");
}

static void endless(void **state)
{
	put_bundle(*state);
	put_end(*state);
	put_bytes(*state, "more");
	refused(*state, "more after");
}

static void without_sums(void **state)
{
	put_bundle(*state);
	fseek(((struct world *)*state)->tar, 2 * TAR_BLOCK - 1, SEEK_CUR);
	fputc(0, ((struct world *)*state)->tar);
	refused(*state, "no SHA256SUMS");
}

static void changed(void **state)
{
	struct world *world = *state;

	put_bundle(world);
	world->files.items[1].digest[5] ^= 1;
	put_end(world);
	refused(world, "it is damaged: records.jsonl");
}

static void missing(void **state)
{
	struct world *world = *state;
	char digest[SHA256_TEXT];

	put_bundle(world);
	digest_of("", 0, 1, digest);
	files_add(&world->files, "topology.xml", digest);
	put_end(world);
	refused(world, "topology.xml is missing");
}

static void unlisted(void **state)
{
	struct world *world = *state;

	put_bundle(world);
	world->files.count = 1;
	put_end(world);
	refused(world, "records.jsonl is not in its SHA256SUMS");
}

static void no_manifest(void **state)
{
	put_file(*state, "manifest.json", "{}");
	put_end(*state);
	refused(*state, "not of a format");
}

static void rubbish(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 4 * TAR_BLOCK; i++)
		fputc(i * 37 + 1, world->tar);
	refused(world, "no tar archive");
}

static void linked_folder(void **state)
{
	struct world *world = *state;
	char name[MERGE_NAME_MAX], reason[FLEET_REASON_MAX];
	enum merge_outcome outcome;

	write_bundle("bundle");
	assert_int_equal(symlink("/etc/passwd", "bundle/plots/x"), 0);
	assert_true(merge(world, "bundle", name, &outcome, reason) < 0);
	assert_non_null(strstr(reason, "neither a file nor a folder"));
}

/* ---- Names ---- */

static void names(void **state)
{
	static const char *const hosts[] = {"node7", "../../etc", ".x", "a b\n"};
	char name[FLEET_NAME_MAX], reason[FLEET_REASON_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		json_t *json = json_loads(manifest, 0, NULL);

		json_object_set_new(json_object_get(json, "machine"), "host", json_string(hosts[i]));
		assert_int_equal(archive_name(json, name, reason), 0);
		assert_true(files_allow(name));
		if (i == 0)
			assert_string_equal(name, "node7-0123456789abcdef-20260131T120000Z-7");
		json_decref(json);
	}
	assert_false(files_allow(""));
	assert_false(files_allow("a//b"));
	assert_false(files_allow("a/"));
	assert_false(files_allow("a b"));
	assert_true(files_allow("plots/chess.svg"));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_examples),
		cmocka_unit_test(sha256_in_pieces),
		cmocka_unit_test(names),
		IN_WORLD(there_and_back),
		IN_WORLD(two_of_a_name),
		IN_WORLD(by_hand),
		IN_WORLD(leaving),
		IN_WORLD(absolute),
		IN_WORLD(dotted),
		IN_WORLD(hidden),
		IN_WORLD(deep),
		IN_WORLD(linking),
		IN_WORLD(hard_linking),
		IN_WORLD(device),
		IN_WORLD(extended),
		IN_WORLD(twice),
		IN_WORLD(elsewhere),
		IN_WORLD(bare),
		IN_WORLD(huge),
		IN_WORLD(many),
		IN_WORLD(cut),
		IN_WORLD(endless),
		IN_WORLD(without_sums),
		IN_WORLD(changed),
		IN_WORLD(missing),
		IN_WORLD(unlisted),
		IN_WORLD(no_manifest),
		IN_WORLD(rubbish),
		IN_WORLD(linked_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * corpus_main.c
 *		Where libFuzzer is missing: runs a fuzz target on the files named, or on
 *		standard input ("-"), once each.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

/* main runs the target file by file. */
int
main(int argc, char **argv)
{
	static uint8_t bytes[1 << 20];

	for (int i = 1; i < argc; i++)
	{
		FILE *in = strcmp(argv[i], "-") == 0 ? stdin : fopen(argv[i], "rb");

		if (in == NULL)
		{
			perror(argv[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof(bytes), in));
		if (in != stdin)
			fclose(in);
	}
	return 0;
}

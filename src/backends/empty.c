/* placeholder so that the library has a file; goes away with the first real one */
extern int dise_backends_empty;

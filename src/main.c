#include <stdio.h>

int main(void)
{
    puts("dise " DISE_VERSION);
    return 0;
}

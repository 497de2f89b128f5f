#include "ui/cli/timer_units.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The service ends by itself when nothing is scheduled; the timer looks again now and then. */
static const char service[] = "[Unit]\n"
                              "Description=DiSE engine: planned and unfinished runs go on\n\n"
                              "[Service]\n"
                              "Type=exec\n"
                              "ExecStart=\"%s\" --home \"%s\" engine\n"
                              "Restart=on-failure\n"
                              "RestartSec=30\n";
static const char timer[] = "[Unit]\n"
                            "Description=Starts the DiSE engine after a reboot and looks hourly\n\n"
                            "[Timer]\n"
                            "OnStartupSec=1min\n"
                            "OnUnitInactiveSec=1h\n\n"
                            "[Install]\n"
                            "WantedBy=timers.target\n";

/* % begins a specifier in units, \ and " would end the word. */
static enum err escape(const char *path, char out[PATH_SIZE], struct err_info *info)
{
    size_t n = 0;
    for (; *path; path++) {
        if (n + 3 > PATH_SIZE || *path == '\n')
            return err_set(info, ERR_TOO_LARGE, "a path is too long for a unit");
        if (*path == '%')
            out[n++] = '%';
        else if (*path == '"' || *path == '\\')
            out[n++] = '\\';
        out[n++] = *path;
    }
    out[n] = 0;
    return ERR_OK;
}

static enum err folder_of(const struct cli_args *args, char out[PATH_SIZE], struct err_info *info)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int n;
    if (args->out)
        n = snprintf(out, PATH_SIZE, "%s", args->out);
    else if (config && *config == '/')
        n = snprintf(out, PATH_SIZE, "%s/systemd/user", config);
    else if (home && *home)
        n = snprintf(out, PATH_SIZE, "%s/.config/systemd/user", home);
    else
        return err_set(info, ERR_NOT_FOUND, "$HOME is not set; name a folder with --out");
    return n < PATH_SIZE - 16 ? path_mkdirs(out, info)
                              : err_set(info, ERR_TOO_LARGE, "the folder's path is too long");
}

static enum err write_unit(const char *folder, const char *name, const char *text,
                           struct err_info *info)
{
    char path[PATH_SIZE];
    enum err e = path_join(path, folder, name);
    if (e)
        return err_set(info, e, "the folder's path is too long");
    e = path_write(path, text, strlen(text), info);
    if (!e)
        printf("wrote %s:\n\n%s\n", path, text);
    return e;
}

static enum err write_units(const struct cli_args *args, struct err_info *info)
{
    char own[PATH_SIZE], program[PATH_SIZE], home[PATH_SIZE], folder[PATH_SIZE];
    char text[sizeof service + 2 * PATH_SIZE];
    enum err e = path_self(own, info);
    if (!e)
        e = escape(own, program, info);
    if (!e)
        e = escape(args->home, home, info);
    if (!e)
        e = folder_of(args, folder, info);
    if (e)
        return e;
    snprintf(text, sizeof text, service, program, home);
    e = write_unit(folder, "dise.service", text, info);
    return e ? e : write_unit(folder, "dise.timer", timer, info);
}

int timer_units_install(const struct cli_args *args)
{
    struct err_info info;
    if (!args->out && access("/run/systemd/system", F_OK) != 0) {
        err_set(&info, ERR_UNSUPPORTED,
                "systemd does not run here; start `dise engine` at boot in another way (cron: "
                "@reboot dise engine), or write the units somewhere with --out DIR");
        return cli_fail(args, EXIT_UNSOLVED, &info);
    }
    if (write_units(args, &info))
        return cli_fail(args, EXIT_USAGE, &info);
    printf("To enable them:\n\n"
           "    systemctl --user daemon-reload\n"
           "    systemctl --user enable --now dise.timer\n"
           "    loginctl enable-linger        # also while you are not logged in\n");
    return EXIT_SOLVED;
}

# Sourced by ./check: runs its steps one after another, shows each one's progress, and ends with a table.

step_names=() step_results=() step_seconds=() step_summaries=()
tests_passed=0 tests_failed=0 tests_skipped=0
step_pid=

# step NAME COMMAND...: exit code 77 means "nothing to do here".
step() {
    local name=$1 started=$SECONDS code log=$logs/$1.log
    shift
    case $only in
    '' | *,$name,*) ;;
    *) return 0 ;;
    esac
    printf '\n── %s\n' "$name"
    ("$@") </dev/null >"$log" 2>&1 &
    step_pid=$!
    follow "$log" $step_pid
    wait $step_pid
    code=$?
    step_pid=
    summarize "$name" $code $((SECONDS - started)) "$log"
}

# Shows the newest line while the step runs: in place on a terminal, now and then elsewhere.
follow() {
    local log=$1 pid=$2 width=0 line shown='' started=$SECONDS next=20
    [ -t 1 ] && width=$(tput cols 2>/dev/null || echo 80)
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.3
        if [ "$width" -gt 0 ] || [ $((SECONDS - started)) -ge $next ]; then
            line=$(tail -c 2000 "$log" 2>/dev/null | tr -d '\r\033' | grep -v '^ *$' | tail -n 1)
        else
            continue
        fi
        [ "$line" = "$shown" ] && continue
        shown=$line
        if [ "$width" -gt 0 ]; then
            printf '\r\033[K%.*s' $((width - 1)) "   $((SECONDS - started)) s  $line"
        else
            printf '   %d s  %.140s\n' $((SECONDS - started)) "$line"
            next=$((SECONDS - started + 20))
        fi
    done
    [ "$width" -gt 0 ] && printf '\r\033[K'
    return 0
}

# The closing line of a test runner says how many; a step without one counts as one test.
summarize() {
    local name=$1 code=$2 seconds=$3 log=$4 line='' passed=0 failed=0 skipped=0 total
    if line=$(grep -aE '^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+' "$log" | tail -n 1) && [ -n "$line" ]; then
        failed=$(sed -E 's/.*passed, ([0-9]+) .*/\1/' <<<"$line")
        total=${line##* }
        passed=$((total - failed))
    elif line=$(grep -aE '^(=+ )?.*[0-9]+ (passed|failed|error).*( in [0-9.]+s|[0-9]+ failed)' "$log" | tail -n 1) && [ -n "$line" ]; then
        line=$(sed -E 's/^=+ //; s/ =+$//' <<<"$line")
        passed=$(count_of passed "$line")
        failed=$(($(count_of failed "$line") + $(count_of 'errors?' "$line")))
        skipped=$(count_of skipped "$line")
    elif [ $code = 77 ]; then
        skipped=1
    else
        passed=$((code == 0)) failed=$((code != 0))
    fi
    # A runner that died after a clean summary has failed all the same.
    [ $code != 0 ] && [ $code != 77 ] && [ $failed = 0 ] && failed=1
    tests_passed=$((tests_passed + passed))
    tests_failed=$((tests_failed + failed))
    tests_skipped=$((tests_skipped + skipped))
    step_names+=("$name") step_seconds+=("$seconds") step_summaries+=("$line")
    if [ $failed -gt 0 ]; then
        step_results+=(FAILED)
        tail -n "${DISE_CHECK_LINES:-150}" "$log"
        printf '   failed after %d s; all it said: %s\n' "$seconds" "$log"
    elif [ $code = 77 ]; then
        step_results+=(skipped)
        tail -n 3 "$log"
    else
        step_results+=(ok)
        printf '   ok, %d s  %s\n' "$seconds" "$line"
    fi
}

count_of() {
    local found
    found=$(grep -oE "[0-9]+ $1\\b" <<<"$2" | tail -n 1)
    printf '%d' "${found%% *}"
}

steps_report() {
    local i
    printf '\n%-14s %8s  %-8s %s\n' step seconds result summary
    for i in "${!step_names[@]}"; do
        printf '%-14s %8d  %-8s %s\n' "${step_names[i]}" "${step_seconds[i]}" "${step_results[i]}" "${step_summaries[i]}"
    done
    printf '%-14s %8d\n\n' total $SECONDS
    [ $tests_passed = 0 ] && [ $tests_failed = 0 ] && tests_failed=1
    printf '%d passed, %d failed, %d skipped\n' $tests_passed $tests_failed $tests_skipped
    [ $tests_failed = 0 ]
}

# A step has children of its own; Ctrl-C ends them all.
stop_steps() {
    trap - INT TERM
    [ -n "$step_pid" ] && kill -TERM -- "-$step_pid" 2>/dev/null
    printf '\nStopped.\n'
    exit 130
}
set -m # each step is a process group of its own
trap stop_steps INT TERM

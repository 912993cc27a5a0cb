# What differs between the versions in two locks: awk -f moves.awk OLD NEW
# A package can have several versions, one for each range of Pythons.
BEGIN { FS = "[= ;]+" }
/^[a-z0-9]/ {
    names[$1]
    if (FILENAME == ARGV[1]) before[$1] = before[$1] " " $2
    else after[$1] = after[$1] " " $2
}
END {
    for (name in names)
        if (before[name] != after[name])
            print name ":" (before[name] ? before[name] : " none") " ->" \
                (after[name] ? after[name] : " none")
}

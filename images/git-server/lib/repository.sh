# Functions for the entry point and the CGI (POSIX sh, to be sourced after rules.sh).

repositories=/srv/git
# KiB that must be free for a push to begin.
room=8192
name_rule='use 1 to 64 of a-z, 0-9, ".", "_" and "-", beginning with a letter or a digit, without ".." and not ending in ".git" or ".lock"'

# valid_name NAME: whether NAME may be a repository's.
valid_name() {
  follows repository "$1"
}

# no_address NAME: why a new repository of that name would have no address of its own, or fails when it would.
no_address() {
  label=$(printf '%s' "$1" | tr ._ -)
  case $label in
    *--*) echo '"--" separates the parts of an address, also where "_" and "." stand for "-"' ;;
    *-) echo 'a name ends in a letter or a digit, since it is part of an address' ;;
    *)
      for other in "$repositories"/*.git; do
        other=$(basename "$other" .git)
        [ "$other" = "$1" ] || [ "$(printf '%s' "$other" | tr ._ -)" != "$label" ] || {
          echo "its address is that of \"$other\", since \"_\" and \".\" are \"-\" in addresses"
          return
        }
      done
      return 1
      ;;
  esac
}

# Of objects that the team lets in with their faults: what its list has of ids, since git refuses every push at a line that
# is none.
skip_list=/tmp/muster/fsck-skip

skip_lines() {
  sed 's/#.*//; s/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d' "$repositories/.fsck-skip" 2> /dev/null
}

# take_skip_list: pushes to several repositories do this at once.
take_skip_list() {
  new=$(mktemp "$skip_list.XXXXXX") || return 0
  skip_lines | grep -xiE '[0-9a-f]{40}' > "$new" || true
  mv -f "$new" "$skip_list"
}

# warn_of_skip_list: names a line that is no id.
warn_of_skip_list() {
  bad=$(skip_lines | grep -vxiE '[0-9a-f]{40}' | head -n 1 | cut -c 1-60)
  [ -z "$bad" ] || echo "warning: $repositories/.fsck-skip has a line that is no id of an object, which counts for nothing: $bad"
}

# drop_repository NAME: nobody finds it from here on, and then it is gone.
drop_repository() (
  gone=$(mktemp -d "$repositories/.new.XXXXXX")
  mv -T "$repositories/$1.git" "$gone"
  rm -rf "$gone"
)

# is_empty NAME: whether a repository has no branch or tag yet.
is_empty() {
  [ -z "$(git --git-dir="$repositories/$1.git" for-each-ref --count=1)" ]
}

# drop_empty NAME: takes a repository back whose first push was refused; file 8 is its lock.
drop_empty() {
  flock --exclusive --timeout 30 8 || return 0
  ! is_empty "$1" || drop_repository "$1"
}

# untouched_starter FOLDER: the commit of the starter project in a bare repository that nobody has pushed to yet; fails
# for any other.
untouched_starter() {
  starter=$(cat "$1/starter" 2> /dev/null) || return 1
  [ "$(git --git-dir="$1" for-each-ref --format='%(refname) %(objectname)')" = "refs/heads/main $starter" ] || return 1
  echo "$starter"
}

# put_starter_back NAME COMMIT: for a push that was to replace it, and failed; file 8 is the repository's lock.
put_starter_back() {
  flock --exclusive --timeout 30 8 || return 0
  ! is_empty "$1" || git --git-dir="$repositories/$1.git" update-ref refs/heads/main "$2"
}

# make_repository NAME DESCRIPTION [FOLDER AUTHOR EMAIL]: a new bare repository, with FOLDER as its first commit.
# It gets its name by one rename, when it is complete. Fails when the name is taken.
make_repository() (
  set -e
  new=$(mktemp -d "$repositories/.new.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  git init --quiet --bare --template= "$new"
  printf '%s' "$2" > "$new/description"
  mkdir -p "$new/info/web"
  date -u '+%Y-%m-%d %H:%M:%S +0000' > "$new/info/web/last-modified"
  if [ $# -gt 2 ]; then
    export GIT_AUTHOR_NAME="$4" GIT_AUTHOR_EMAIL="$5" GIT_COMMITTER_NAME="$4" GIT_COMMITTER_EMAIL="$5"
    git --git-dir="$new" --work-tree="$3" add --all
    git --git-dir="$new" --work-tree="$3" commit --quiet --message='Starter project'
    rm "$new/index"
    git --git-dir="$new" rev-parse HEAD > "$new/starter"
  fi
  mv -T "$new" "$repositories/$1.git"
)

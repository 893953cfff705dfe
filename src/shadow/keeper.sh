# Runs a server and ends it when standard input ends, which happens when whoever started this ends,
# however that came about; then removes the server's folder.
#   keeper.sh FOLDER PROGRAM [ARGUMENT...]
folder=$1
shift
exec 3<&0 0</dev/null
"$@" 3<&- &
server=$!
# A server that has not set itself up yet ignores QUIT, as all that runs in the background does, and
# ends by TERM; afterwards TERM alone would let it wait for its clients.
{ read -r _ <&3; kill -TERM "$server"; kill -QUIT "$server"; : ended; } 2>/dev/null &
watcher=$!
exec 3<&-
wait "$server"
# A server that ended by itself leaves its log to be read.
kill "$watcher" 2>/dev/null
wait "$watcher" && rm -rf -- "$folder"

// The driver's calls of streams, graphs and events.

#include "fake_cuda.h"

#include <stdlib.h>
#include <string.h>

API CUresult cuStreamCreate(struct object** stream, unsigned flags)
{
    BEGIN("cuStreamCreate")
    NEED_CONTEXT("cuStreamCreate")
    if (flags != 1) { complain("cuStreamCreate with flags %u", flags); }
    *stream = make(STREAM);
    (*stream)->queue = queue_call;
    END
}

API CUresult cuStreamDestroy_v2(struct object* stream)
{
    BEGIN_FREE("cuStreamDestroy_v2")
    NEED_CONTEXT("cuStreamDestroy_v2")
    NEED(stream, STREAM, "cuStreamDestroy_v2")
    drain(stream);
    drop(stream);
    END
}

API CUresult cuStreamSynchronize(struct object* stream)
{
    BEGIN("cuStreamSynchronize")
    NEED_CONTEXT("cuStreamSynchronize")
    NEED_STREAM(stream, "cuStreamSynchronize")
    fake.waits++;
    if (stream->capturing) {
        result = 900;
    } else {
        drain(stream);
        result = fake.sticky;
    }
    END
}

API CUresult cuStreamWaitEvent(struct object* stream, struct object* event, unsigned flags)
{
    BEGIN("cuStreamWaitEvent")
    NEED_CONTEXT("cuStreamWaitEvent")
    NEED_STREAM(stream, "cuStreamWaitEvent")
    NEED(event, EVENT, "cuStreamWaitEvent")
    if (flags != (stream->capturing ? 1u : 0u)) { complain("cuStreamWaitEvent with flags %u", flags); }
    struct operation o = {.type = WAIT, .event = event, .stream = event->stream, .ticket = event->queued};
    add(stream, &o);
    END
}

API CUresult cuStreamIsCapturing(struct object* stream, int* status)
{
    BEGIN("cuStreamIsCapturing")
    NEED_CONTEXT("cuStreamIsCapturing")
    NEED_STREAM(stream, "cuStreamIsCapturing")
    *status = stream->capturing;
    END
}

API CUresult cuStreamBeginCapture_v2(struct object* stream, int mode)
{
    BEGIN("cuStreamBeginCapture_v2")
    NEED_CONTEXT("cuStreamBeginCapture_v2")
    NEED(stream, STREAM, "cuStreamBeginCapture_v2")
    if (mode != 2 || stream->capturing) { complain("cuStreamBeginCapture_v2 in mode %d", mode); }
    stream->capturing = 1;
    END
}

API CUresult cuStreamEndCapture(struct object* stream, struct object** graph)
{
    *graph = NULL;
    pthread_mutex_lock(&fake.lock);
    CUresult result = asked_to_fail("cuStreamEndCapture");
    if (result == 0) { result = fake.sticky; }
    NEED_CONTEXT("cuStreamEndCapture")
    NEED(stream, STREAM, "cuStreamEndCapture")
    if (!stream->capturing) { complain("cuStreamEndCapture without a capture"); }
    stream->capturing = 0;
    if (result == 0) {
        *graph = make(GRAPH);
        (*graph)->work = stream->record;
        (*graph)->operations = stream->recorded;
    } else {
        free(stream->record);
    }
    stream->record = NULL;
    stream->recorded = 0;
    END
}

API CUresult cuGraphInstantiateWithFlags(struct object** exec, struct object* graph, uint64_t flags)
{
    BEGIN("cuGraphInstantiateWithFlags")
    NEED_CONTEXT("cuGraphInstantiateWithFlags")
    NEED(graph, GRAPH, "cuGraphInstantiateWithFlags")
    if (flags != 0) { complain("cuGraphInstantiateWithFlags with flags"); }
    *exec = make(GRAPH_EXEC);
    (*exec)->operations = graph->operations;
    (*exec)->work = malloc((size_t)graph->operations * sizeof *graph->work + 1);
    memcpy((*exec)->work, graph->work, (size_t)graph->operations * sizeof *graph->work);
    END
}

API CUresult cuGraphLaunch(struct object* exec, struct object* stream)
{
    BEGIN("cuGraphLaunch")
    NEED_CONTEXT("cuGraphLaunch")
    NEED(exec, GRAPH_EXEC, "cuGraphLaunch")
    NEED(stream, STREAM, "cuGraphLaunch")
    for (int i = 0; i < exec->operations; i++) { add(stream, &exec->work[i]); }
    END
}

API CUresult cuGraphDestroy(struct object* graph)
{
    BEGIN_FREE("cuGraphDestroy")
    NEED_CONTEXT("cuGraphDestroy")
    NEED(graph, GRAPH, "cuGraphDestroy")
    drop(graph);
    END
}

API CUresult cuGraphExecDestroy(struct object* exec)
{
    BEGIN_FREE("cuGraphExecDestroy")
    NEED_CONTEXT("cuGraphExecDestroy")
    NEED(exec, GRAPH_EXEC, "cuGraphExecDestroy")
    drop(exec);
    END
}

API CUresult cuEventCreate(struct object** event, unsigned flags)
{
    BEGIN("cuEventCreate")
    NEED_CONTEXT("cuEventCreate")
    if (flags != 0 && flags != 2) { complain("cuEventCreate with flags %u", flags); }
    *event = make(EVENT);
    END
}

API CUresult cuEventDestroy_v2(struct object* event)
{
    BEGIN_FREE("cuEventDestroy_v2")
    NEED_CONTEXT("cuEventDestroy_v2")
    NEED(event, EVENT, "cuEventDestroy_v2")
    drop(event);
    END
}

API CUresult cuEventRecordWithFlags(struct object* event, struct object* stream, unsigned flags)
{
    BEGIN("cuEventRecordWithFlags")
    NEED_CONTEXT("cuEventRecordWithFlags")
    NEED(event, EVENT, "cuEventRecordWithFlags")
    NEED_STREAM(stream, "cuEventRecordWithFlags")
    if (flags != (stream->capturing ? 1u : 0u)) { complain("cuEventRecordWithFlags with flags %u", flags); }
    event->stream = stream;
    struct operation o = {.type = RECORD, .event = event, .ticket = ++event->queued};
    add(stream, &o);
    END
}

API CUresult cuEventSynchronize(struct object* event)
{
    BEGIN("cuEventSynchronize")
    NEED_CONTEXT("cuEventSynchronize")
    NEED(event, EVENT, "cuEventSynchronize")
    fake.waits++;
    run_until(event->stream, event, event->queued);
    result = fake.sticky;
    END
}

API CUresult cuEventQuery(struct object* event)
{
    BEGIN("cuEventQuery")
    NEED_CONTEXT("cuEventQuery")
    NEED(event, EVENT, "cuEventQuery")
    result = event->reached == event->queued ? 0 : 600;
    END
}

#ifndef WITHOUT_ELAPSED_TIME
API CUresult cuEventElapsedTime(float* milliseconds, struct object* start, struct object* end_event)
{
    BEGIN("cuEventElapsedTime")
    NEED_CONTEXT("cuEventElapsedTime")
    NEED(start, EVENT, "cuEventElapsedTime")
    NEED(end_event, EVENT, "cuEventElapsedTime")
    if (!start->set || !end_event->set) { result = 400; goto end; }
    *milliseconds = (float)(end_event->time - start->time);
    END
}
#endif

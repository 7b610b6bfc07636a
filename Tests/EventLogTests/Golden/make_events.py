#!/usr/bin/env python3
"""Writes events.hex: records of an event file as TensorBoard's own code makes them, one a line, a name and the bytes.

Usage: make_events.py > events.hex     (Python with tensorboard 2.21)
"""
import io

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2, types_pb2
from tensorboard.plugins.hparams import api_pb2, metadata as hparams_metadata, plugin_data_pb2
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

TIME = 1_700_000_000.25


def record(name, **fields):
    file = io.BytesIO()
    RecordWriter(file).write(event_pb2.Event(wall_time=TIME, **fields).SerializeToString(deterministic=True))
    print(name, file.getvalue().hex())


def summary(*values):
    return summary_pb2.Summary(value=values)


def buckets(data):
    """tensorboard.plugins.histogram.summary.pb, which needs TensorFlow only to wrap its result."""
    data = np.array(data).flatten().astype(float)
    if data.size == 0:
        return np.zeros((0, 3))
    least, most = np.min(data), np.max(data)
    if least == most:
        return np.array([[least - 0.5, least + 0.5, float(data.size)]])
    places = np.minimum(np.floor((data - least) / ((most - least) / 30)).astype(int), 29)
    edges = np.linspace(least, most, 31)
    return np.array([edges[:-1], edges[1:], np.bincount(places, minlength=30)]).transpose()


def histogram(name, data):
    tensor = tensor_util.make_tensor_proto(buckets(data), dtype=types_pb2.DT_DOUBLE)
    metadata = histogram_metadata.create_summary_metadata(None, None)
    record(name, step=7, summary=summary(summary_pb2.Summary.Value(tag="parameters/w", tensor=tensor, metadata=metadata)))


def hparams(name, tag, **content):
    # With its map in order, which the plugin's own function does not promise.
    data = plugin_data_pb2.HParamsPluginData(version=hparams_metadata.PLUGIN_DATA_VERSION, **content)
    plugin = summary_pb2.SummaryMetadata.PluginData(
        plugin_name=hparams_metadata.PLUGIN_NAME, content=data.SerializeToString(deterministic=True))
    record(name, summary=summary(summary_pb2.Summary.Value(
        tag=tag, tensor=hparams_metadata.NULL_TENSOR, metadata=summary_pb2.SummaryMetadata(plugin_data=plugin))))


record("version", file_version="brain.Event:2", source_metadata=event_pb2.SourceMetadata(writer="lockstep"))
record("start", step=41, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START))
record("scalars", step=40, summary=summary(
    summary_pb2.Summary.Value(tag="loss/train", simple_value=2.302585), summary_pb2.Summary.Value(tag="accuracy/train", simple_value=0)))
record("image", step=40, summary=summary(summary_pb2.Summary.Value(tag="filters/convolution1", image=summary_pb2.Summary.Image(
    height=2, width=3, colorspace=3, encoded_image_string=bytes(range(16))))))
# Multiples of 1/64, exact as Float.
histogram("histogram", [(37 * n % 101 - 50) / 64 for n in range(500)])
histogram("histogram-equal", [0.25] * 9)

info = api_pb2.HParamInfo
hparams("experiment", hparams_metadata.EXPERIMENT_TAG, experiment=api_pb2.Experiment(
    time_created_secs=TIME,
    hparam_infos=[
        info(name="model.name", type=api_pb2.DATA_TYPE_STRING), info(name="optimiser.nesterov", type=api_pb2.DATA_TYPE_BOOL),
        info(name="optimiser.rate", type=api_pb2.DATA_TYPE_FLOAT64)],
    metric_infos=[api_pb2.MetricInfo(name=api_pb2.MetricName(tag="accuracy/test"), display_name="accuracy, test")]))
start = plugin_data_pb2.SessionStartInfo(start_time_secs=TIME)
start.hparams["model.name"].string_value = "lenet5"
start.hparams["optimiser.nesterov"].bool_value = False
start.hparams["optimiser.rate"].number_value = 0.01
hparams("session-start", hparams_metadata.SESSION_START_INFO_TAG, session_start_info=start)
hparams("session-end", hparams_metadata.SESSION_END_INFO_TAG, session_end_info=plugin_data_pb2.SessionEndInfo(
    status=api_pb2.STATUS_SUCCESS, end_time_secs=TIME))

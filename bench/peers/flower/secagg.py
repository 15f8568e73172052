"""One round of Flower's SecAgg+ in memory, with Flower's own code on both sides. Prints one JSON object.

The server is SecAggPlusWorkflow in this process, the clients are secaggplus_mod in a forked one, one after another;
between them a pipe carries Flower's own protobuf messages. Everyone is everyone's neighbour. Who is dropped shares its
keys and then answers no more. CPU seconds are those of Flower's code alone: the vectors are made outside of them.
"""

import argparse
import json
import logging
import multiprocessing
import os
import resource
from importlib.metadata import version
from time import process_time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ["FLWR_TELEMETRY_ENABLED"] = "0"

import numpy as np
from flwr.app import ConfigRecord, Context, Error, Message, RecordDict
from flwr.app.user_config import UserConfig
from flwr.client.mod.secure_aggregation.secaggplus_mod import secaggplus_mod
from flwr.common import Code, FitIns, FitRes, Status, ndarrays_to_parameters, parameters_to_ndarrays
from flwr.common.serde import message_from_proto, message_to_proto
from flwr.compat.common import recorddict_compat as compat
from flwr.proto.message_pb2 import Message as WireMessage
from flwr.server.client_manager import SimpleClientManager
from flwr.server.client_proxy import ClientProxy
from flwr.server.compat.legacy_context import LegacyContext
from flwr.server.server_config import ServerConfig
from flwr.server.strategy import FedAvg
from flwr.server.workflow import SecAggPlusWorkflow
from flwr.server.workflow.constant import MAIN_CONFIGS_RECORD, MAIN_PARAMS_RECORD, Key
from flwr.supercore.task_identity import TaskIdentity

logging.getLogger("flwr").setLevel(logging.ERROR)
parser = argparse.ArgumentParser()
for option in ("merchants", "dimension", "dropped"):
    parser.add_argument(f"--{option}", type=int, required=True)
options = parser.parse_args()
NODES = [1000 + index for index in range(options.merchants)]
DROPPED = set(NODES[: options.dropped])
# A client's weight: with a small one the values would be rounded to few bits.
EXAMPLES = 10
# Messages take their identities from here.
TaskIdentity.run_id = TaskIdentity.node_id = TaskIdentity.task_id = 1


def vector(node):
    return np.random.default_rng(node).uniform(-1, 1, options.dimension).astype(np.float32)


def context(node):
    return Context(run_id=1, node_id=node, node_config=UserConfig(), state=RecordDict(), run_config=UserConfig())


def encode(message):
    return message_to_proto(message).SerializeToString()


def decode(data):
    wire = WireMessage()
    wire.ParseFromString(data)
    return message_from_proto(wire)


def play_clients(pipe):
    contexts = {node: context(node) for node in NODES}
    spent = 0.0
    outside = 0.0

    def train(message, _):
        nonlocal outside
        start = process_time()
        values = ndarrays_to_parameters([vector(message.metadata.dst_node_id)])
        result = FitRes(Status(Code.OK, ""), values, EXAMPLES, {})
        reply = Message(compat.fitres_to_recorddict(result, False), reply_to=message)
        outside += process_time() - start
        return reply

    while data := pipe.recv_bytes():
        message = decode(data)
        start = process_time()
        try:
            reply = secaggplus_mod(message, contexts[message.metadata.dst_node_id], train)
        except Exception as error:
            reply = Message(Error(1, repr(error)), reply_to=message)
        spent += process_time() - start
        pipe.send_bytes(encode(reply))
    pipe.send_bytes(json.dumps(spent - outside).encode())


here, there = multiprocessing.Pipe()
child = multiprocessing.get_context("fork").Process(target=play_clients, args=(there,))
child.start()


class MemoryGrid:
    """Delivers messages through the pipe."""

    seconds = 0.0
    uploaded = 0

    def send_and_receive(self, messages, *, timeout=None):
        start, replies = process_time(), []
        for message in messages:
            stage = message.content.config_records["secaggplus_configs"]["stage"]
            if message.metadata.dst_node_id in DROPPED and stage in ("collect_masked_vectors", "unmask"):
                continue
            here.send_bytes(encode(message))
            data = here.recv_bytes()
            if message.metadata.dst_node_id == NODES[-1]:
                self.uploaded += len(data)
            replies.append(decode(data))
        self.seconds += process_time() - start
        return replies


class Proxy(ClientProxy):
    def __init__(self, node):
        super().__init__(str(node))
        self.node_id = node

    def unused(self, *_, **__):
        raise NotImplementedError

    get_properties = get_parameters = fit = evaluate = reconnect = unused


class Strategy(FedAvg):
    mean = None

    def configure_fit(self, server_round, parameters, client_manager):
        return [(Proxy(node), FitIns(parameters, {})) for node in NODES]

    def aggregate_fit(self, server_round, results, failures):
        Strategy.mean = parameters_to_ndarrays(results[0][1].parameters)[0]
        return super().aggregate_fit(server_round, results, failures)


config = ServerConfig(num_rounds=1)
server = LegacyContext(context(1), config=config, strategy=Strategy(), client_manager=SimpleClientManager())
record = ConfigRecord()
record[Key.CURRENT_ROUND] = 1
record[Key.START_TIME] = 0.0
server.state.config_records[MAIN_CONFIGS_RECORD] = record
zeros = ndarrays_to_parameters([np.zeros(options.dimension, np.float32)])
server.state.array_records[MAIN_PARAMS_RECORD] = compat.parameters_to_arrayrecord(zeros, False)
grid = MemoryGrid()
start = process_time()
SecAggPlusWorkflow(1.0, 0.6)(grid, server)
server_seconds = process_time() - start - grid.seconds
here.send_bytes(b"")
client_seconds = json.loads(here.recv_bytes())
child.join()
expected = np.mean([vector(node).astype(np.float64) for node in NODES if node not in DROPPED], axis=0)
correct = Strategy.mean is not None and bool(np.abs(Strategy.mean - expected).max() < 0.01)
print(
    json.dumps(
        {
            "flwr": version("flwr"),
            "correct": correct,
            "clientCpuSeconds": client_seconds / len(NODES),
            "uploadBytes": grid.uploaded,
            "serverCpuSeconds": server_seconds,
            "serverPeakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    )
)

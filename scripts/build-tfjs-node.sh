#!/usr/bin/env bash
# Builds the native engine @tensorflow/tfjs-node against the TensorFlow library inside a Python wheel, for machines that
# cannot reach the host that its own installer downloads from. Needs g++, python3 with pip, Node's headers, 1.2 GB of disk.
#
#   scripts/build-tfjs-node.sh [--gpu] [--wheels FOLDER] [FOLDER]
#
#   FOLDER           where node_modules is; default: this package
#   --gpu            build @tensorflow/tfjs-node-gpu against the CUDA 12 wheel, and fetch NVIDIA's libraries beside it.
#                    UNVERIFIED: it has run only without a GPU, where it computes on the processor. Check it with
#                    `guildhall doctor --train`.
#   --wheels FOLDER  keep downloaded wheels there, for the next build
#
# NODE_INCLUDE names the folder with node_api.h where it is not beside the running Node. Running again changes nothing.
# Exit code 69: something that it needs cannot be had here. 1: it is wrong.
set -euo pipefail

TFJS=4.22.0
TENSORFLOW=2.15.1
PYTHON=3.11
CPU_SHA256=54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26
GPU_SHA256=bb0edd69103c154245c5f209f0507355cc68ba7e4de350084bc31edc562478e4
# What tensorflow 2.15.1 names under its extra `and-cuda`.
NVIDIA=(
  nvidia-cublas-cu12==12.2.5.6 nvidia-cuda-cupti-cu12==12.2.142 nvidia-cuda-nvcc-cu12==12.2.140
  nvidia-cuda-nvrtc-cu12==12.2.140 nvidia-cuda-runtime-cu12==12.2.140 nvidia-cudnn-cu12==8.9.4.25
  nvidia-cufft-cu12==11.0.8.103 nvidia-curand-cu12==10.3.3.141 nvidia-cusolver-cu12==11.5.2.141
  nvidia-cusparse-cu12==12.1.2.141 nvidia-nccl-cu12==2.16.5 nvidia-nvjitlink-cu12==12.2.140
)

fail() { echo "build-tfjs-node: $*" >&2; exit 1; }
unavailable() { echo "build-tfjs-node: $*" >&2; exit 69; }

variant=cpu wheels='' folder=''
while [ $# -gt 0 ]; do
  case $1 in
    --gpu) variant=gpu ;;
    --wheels) [ $# -gt 1 ] || fail '--wheels needs a folder'; wheels=$2; shift ;;
    -*) fail "there is no option $1" ;;
    *) [ -z "$folder" ] || fail 'one folder at most'; folder=$1 ;;
  esac
  shift
done
folder=${folder:-$(dirname "$0")/..}

case $variant in
  cpu) package=@tensorflow/tfjs-node distribution=tensorflow-cpu sha256=$CPU_SHA256 ;;
  gpu) package=@tensorflow/tfjs-node-gpu distribution=tensorflow sha256=$GPU_SHA256 ;;
esac
[ "$(uname -sm)" = 'Linux x86_64' ] || unavailable 'the wheels that are pinned here are for Linux on x86-64'
for tool in g++ python3 npm sha256sum; do command -v $tool >/dev/null || unavailable "$tool is not installed"; done
headers=${NODE_INCLUDE:-$(node -p 'require("path").resolve(process.execPath, "../../include/node")')}
[ -f "$headers/node_api.h" ] ||
  unavailable "there is no node_api.h in $headers; set NODE_INCLUDE (npm's node-api-headers has it in include/)"

mkdir -p "$folder"
cd "$folder"
[ -f package.json ] || npm init -y >/dev/null
[ -d "node_modules/$package" ] ||
  npm install --no-save --ignore-scripts --no-audit --no-fund --legacy-peer-deps "$package@$TFJS" ||
  unavailable "$package $TFJS cannot be downloaded"
root=$PWD/node_modules/$package
stamp=$root/lib/.built-$TFJS-$TENSORFLOW
if [ -f "$stamp" ]; then echo "$package $TFJS is built against TensorFlow $TENSORFLOW already."; exit 0; fi

if [ -z "$wheels" ]; then wheels=$(mktemp -d); trap 'rm -rf "$wheels"' EXIT; fi
mkdir -p "$wheels"
find_wheel() { find "$wheels" -name "${distribution//-/_}-$TENSORFLOW-*.whl" | head -1; }
wheel=$(find_wheel)
if [ -z "$wheel" ]; then
  python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version $PYTHON --dest "$wheels" \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 "$distribution==$TENSORFLOW" ||
    unavailable "the wheel of $distribution $TENSORFLOW cannot be downloaded"
  wheel=$(find_wheel)
fi
echo "$sha256  $wheel" | sha256sum --check --quiet || fail "$wheel is not the wheel that is pinned here"

# The two libraries, and the headers that the C API reaches.
rm -rf "$root/deps" "$root/lib/napi-v8" "$root"/lib/.built-*
mkdir -p "$root/deps/lib" "$root/lib/napi-v8"
python3 - "$wheel" "$root/deps" <<'PYTHON'
import os, re, shutil, sys, zipfile
wheel, deps = sys.argv[1:]
HEADERS = re.compile(r'tensorflow/include/(tensorflow/(c|core/platform)|tsl|xla/tsl)/.*\.h$')
with zipfile.ZipFile(wheel) as archive:
    def extract(name, to):
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with archive.open(name) as source, open(to, 'wb') as target:
            shutil.copyfileobj(source, target, 1 << 22)
    for library in ('libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'):
        extract(f'tensorflow/{library}', f'{deps}/lib/{library}')
    for name in filter(HEADERS.match, archive.namelist()):
        extract(name, f'{deps}/{name.removeprefix("tensorflow/")}')
PYTHON

cd "$root"
g++ -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 -I.. -Ideps/include -I"$headers" \
  binding/tfjs_backend.cc binding/tfjs_binding.cc -o lib/napi-v8/tfjs_binding.node \
  -Ldeps/lib -l:libtensorflow_framework.so.2 -l:libtensorflow_cc.so.2 '-Wl,-rpath,$ORIGIN/../../deps/lib'
rm -rf deps/include
# The wheel's libraries look for NVIDIA's in a folder beside their own.
if [ $variant = gpu ]; then python3 -m pip install --quiet --no-deps --target deps "${NVIDIA[@]}" || unavailable "NVIDIA's libraries cannot be downloaded"; fi

TF_CPP_MIN_LOG_LEVEL=3 node -e '
  const util = require("node:util");
  util.isNullOrUndefined ??= (value) => value == null;
  const tf = require(process.argv[1]);
  const loss = (x) => tf.gather(x, tf.tensor1d([0, 1, 1], "int32")).square().sum();
  const gradient = [...tf.grad(loss)(tf.ones([3, 1])).dataSync()].join();
  if (gradient !== "2,4,0") throw new Error(`wrong gradient ${gradient}`);
  const device = tf.backend().isUsingGpuDevice ? "the GPU" : "the processor";
  console.log(`Built: TensorFlow ${tf.backend().binding.TF_Version} on ${device}.`);
' "$root"
touch "$stamp"

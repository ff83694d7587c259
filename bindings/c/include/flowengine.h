/*
 * FlowEngine C API.  Normalizing flows of images and of tables: likelihood, latents, sampling, training, anomalies.
 *
 *     flow_model *model = NULL;
 *     if (flow_model_load("checkpoint.safetensors", NULL, &model) != FLOW_OK)
 *         fprintf(stderr, "%s\n", flow_last_error());
 *
 * Conventions
 *   Status     Every function that can fail returns flow_status.  FLOW_OK is 0.  Failures are negative, and their numbers
 *              never change.  After a failure flow_last_error() has one line that says what is wrong.
 *   Arguments  Inputs come first, outputs last.  NULL, a wrong size, and a handle that was freed, is of another kind or was
 *              never one give FLOW_INVALID_ARGUMENT.  Nothing is written past a length that was passed.  After a failure an
 *              output handle is NULL, and the content of other outputs is unspecified.
 *   Ownership  The caller owns a handle that a function wrote to an output, and frees it with its flow_*_free, which
 *              accepts NULL.  A handle can be freed while others use its object: a trainer and a tape keep their model.
 *   Arrays     Arrays are row-major: (batch, height, width, channel), the channel contiguous.  The library uses them only
 *              during the call.  Every array comes with its length, which is checked.  A length counts elements, or bytes
 *              where its name says so.
 *   Tables     Models of vectors take rows of D floats instead of images: height and width are 1, and the channels are the
 *              columns.  With bins 0 their data are continuous and are taken as they are.  Log-probabilities are then of
 *              these data, and bits per dimension are -log_prob / (D ln 2).  A model that the flow command trained on a
 *              table scales its rows: the functions flow_model_rows_* take and give rows in the units of the table.
 *   Units      Log-probabilities are in nats, one for each image, of data scaled to [-0.5, 0.5).  Images of floats are
 *              expected to be scaled.  Images of bytes have grey levels 0 to bins - 1; the library scales and dequantizes
 *              them: (level + u) / bins - 0.5, u uniform in [0, 1).  Bits per dimension are
 *              -(log_prob - D ln bins) / (D ln 2), the code length of the grey levels.
 *   Structs    Set struct_size = sizeof(the struct) and all other fields to zero: zero means the default.  Structs only
 *              grow at their ends, and the library accepts those of earlier headers.
 *   Threads    Many threads may use one model for inference at the same time.  A trainer and a tape serve one thread at a
 *              time; a second caller gets FLOW_INVALID_ARGUMENT.  Training and inference on one model take turns.
 *   Results    Results do not depend on the instruction set, the number of threads, the batch size or the place in a batch.
 *   Process    No function aborts, exits, prints or changes the environment.  The library cannot be unloaded.  From the
 *              first call on, SIGSEGV, SIGFPE and the first real-time signal have handlers of the library.  They pass what
 *              does not concern the library to the handlers that were there before.  All other signals stay as they are
 *              (but on processors other than x86-64 the first call sets SIGPIPE to be ignored).  A call needs 128 KiB of
 *              stack.
 *   Children   After fork, a child may use the models and detectors of its parent if only the thread that forks had made
 *              calls, of all threads that still lived.  The library stops its own threads before a fork, and starts
 *              them again with the next call.  This holds on Linux on x86-64, for models on the CPU.
 *   Devices    A model runs on the CPU unless the caller asks for a GPU of an NVIDIA or an OpenCL driver.  Drivers are
 *              looked up when a device is first listed or asked for; none has to be installed.  The environment variables
 *              FLOWENGINE_CUDA_LIBRARY and FLOWENGINE_OPENCL_LIBRARY name their files; the name of a missing file hides
 *              the driver.  A device that does not exist gives FLOW_NO_DEVICE, and so does every call on an x86-64
 *              processor without AVX2.  The CUDA parts were tested with a stand-in for the driver, and on no GPU yet.
 */
#ifndef FLOWENGINE_H
#define FLOWENGINE_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#  define FLOW_API __declspec(dllimport)
#else
#  define FLOW_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The ABI of this header.  Compare it with flow_abi_version() once, at the start.  Version 2 changed flow_model_options and
 * flow_model_info; the library refuses those of version 1 with FLOW_INVALID_ARGUMENT.  Since version 2 structs only grow.
 */
#define FLOW_ABI_VERSION 2u

typedef struct flow_model flow_model;     /* a flow with weights */
typedef struct flow_tape flow_tape;       /* a forward pass that can be differentiated */
typedef struct flow_trainer flow_trainer; /* a model in training */
typedef struct flow_detector flow_detector; /* finds anomalies in the rows of a table */

typedef int32_t flow_status;
enum {
    FLOW_OK               = 0,
    FLOW_INVALID_ARGUMENT = -1,  /* NULL, a bad handle, or a size that is out of range or does not fit the model */
    FLOW_OUT_OF_MEMORY    = -2,
    FLOW_IO               = -3,  /* a file is missing, unreadable or unwritable */
    FLOW_BAD_FORMAT       = -4,  /* the file is damaged, is no checkpoint, or comes from a newer version */
    FLOW_NO_DEVICE        = -5,  /* the device that was asked for does not exist */
    FLOW_CANCELLED        = -6,  /* a callback asked to stop */
    FLOW_DEVICE_FAILED    = -7,  /* a device or its driver failed: a kernel did not run, or the device was lost */
    FLOW_UNSUPPORTED      = -8,  /* the device cannot do this */
    FLOW_INTERNAL         = -99  /* a fault of this library */
};

enum {
    FLOW_BACKEND_DEFAULT  = 0, /* the CPU: a GPU is used only where it is named */
    FLOW_BACKEND_CPU      = 1,
    FLOW_BACKEND_CUDA     = 2, /* NVIDIA, compute capability 8.0 and later */
    FLOW_BACKEND_OPENCL   = 3,
    FLOW_BACKEND_EMULATOR = 4  /* kernels of a GPU on one thread of the CPU; checks every access; slow, for tests */
};
enum {
    FLOW_PRECISION_FP32 = 0, /* everything is float32 */
    FLOW_PRECISION_TF32 = 1, /* products in coupling networks round their factors to 10 bits; sums are float32 */
    FLOW_PRECISION_BF16 = 2  /* the same, to 7 bits */
};
enum { FLOW_MEMORY_HOST = 0, FLOW_MEMORY_CUDA = 1 };
enum { FLOW_COUPLING_AFFINE = 0, FLOW_COUPLING_ADDITIVE = 1 };
enum { FLOW_PRESET_GLOW = 0, FLOW_PRESET_ROSINALITY = 1 };
enum { FLOW_MIXING_REVERSE = 0, FLOW_MIXING_RANDOM = 1, FLOW_MIXING_LU = 2 };
enum { FLOW_PRIOR_LOGISTIC = 0, FLOW_PRIOR_GAUSSIAN = 1 };
enum {
    FLOW_CONDITION_DEFAULT  = 0, /* the choice of the kind of model */
    FLOW_CONDITION_PRIOR    = 1,
    FLOW_CONDITION_NETWORKS = 2,
    FLOW_CONDITION_BOTH     = 3
};
enum { FLOW_OPTIMIZER_ADAM = 0, FLOW_OPTIMIZER_ADAMW = 1, FLOW_OPTIMIZER_ADAMAX = 2 };
/* COOLDOWN: constant for three quarters of total_images, then falling in a straight line. */
enum { FLOW_SCHEDULE_CONSTANT = 0, FLOW_SCHEDULE_COSINE = 1, FLOW_SCHEDULE_COOLDOWN = 2 };
enum { FLOW_REDUCE_EXACT = 0, FLOW_REDUCE_FAST = 1 }; /* over ranks: as one binary tree, or in the fastest order */
enum {
    FLOW_ACTIVATIONS_AUTO   = 0, /* store if that fits into half of the free memory, else invert */
    FLOW_ACTIVATIONS_STORE  = 1, /* the forward pass keeps the activations */
    FLOW_ACTIVATIONS_INVERT = 2  /* the backward pass inverts the flow: memory does not grow with depth */
};

/** Reports the progress of a call, on the thread of the caller.  A result other than 0 stops the call: FLOW_CANCELLED. */
typedef int32_t (*flow_progress)(int64_t done, int64_t total, void *user);

/** Where a model runs. */
typedef struct flow_device_options {
    uint32_t struct_size;
    int32_t  backend;            /* FLOW_BACKEND_... */
    int32_t  device;             /* ordinal among the devices of that backend */
    int32_t  threads;            /* of the CPU, 1 to 1024; 0 = one per core */
    int32_t  precision;          /* FLOW_PRECISION_...; the CPU has only FP32, others give FLOW_UNSUPPORTED */
} flow_device_options;

/** A device of this machine. */
typedef struct flow_device {
    uint32_t struct_size;
    int32_t  backend;            /* FLOW_BACKEND_... */
    int32_t  device;             /* ordinal among the devices of that backend */
    int32_t  cores;              /* of a GPU: multiprocessors */
    int64_t  memory_bytes;
    char     name[64];           /* the name that its driver gives */
    char     instruction_set[32]; /* such as "x86-64-v4", "compute capability 9.0", or the OpenCL version */
} flow_device;

/**
 * The sizes of a new model.  0 stands for the default of the kind.  C, Python and the flow command have the same defaults: the
 * sizes of the papers.  flow_describe lists them.  An option that the kind does not have is an error.
 */
typedef struct flow_model_options {
    uint32_t struct_size;
    int32_t  height;             /* rows of an image, a multiple of 2^levels (realnvp: 2^(levels - 1)); of vectors 1, or 0 */
    int32_t  width;              /* columns of an image, in the same way */
    int32_t  channels;           /* of an image, or columns of a table; has no default */
    int32_t  bins;               /* grey levels of the data, 2 to 256; 0 = 256; of vectors 0 = continuous data */
    int32_t  levels;             /* L, of glow and realnvp; the default follows from the size of the images */
    int32_t  steps;              /* K, of each level of glow; 8 for images up to 32 pixels, else 16 */
    int32_t  blocks;             /* of vectors: maf and iaf 5, nice 4, dense-glow 10, nsf 6; of realnvp its residual blocks: 2 */
    int32_t  hidden;             /* width of the networks: glow 64 to 256 (from the size), realnvp 32, maf and iaf 512,
                                    nice 1000, dense-glow 256, nsf 128 */
    int32_t  hidden_layers;      /* of the networks of a model of vectors: 2, of nice 5 */
    int32_t  coupling;           /* FLOW_COUPLING_..., of glow */
    int32_t  preset;             /* FLOW_PRESET_..., of glow */
    int32_t  mixing;             /* FLOW_MIXING_..., between the blocks of maf and iaf; before those of nsf, whose 0 is LU */
    int32_t  batch_norm;         /* 1: batch normalization after the blocks of maf and iaf */
    int32_t  prior;              /* FLOW_PRIOR_..., of nice */
    int32_t  classes;            /* 2 or more: the model is conditional on classes 0 to classes - 1 */
    int32_t  condition_columns;  /* 1 or more, without classes: the model is conditional on so many numbers */
    int32_t  condition_into;     /* FLOW_CONDITION_...: the parts that read the condition */
    uint64_t seed;               /* of the random weights */
    int32_t  reserved[2];        /* 0 */
} flow_model_options;

/** What a model is. */
typedef struct flow_model_info {
    uint32_t struct_size;
    int32_t  height, width, channels, bins;
    int32_t  levels;             /* levels of latents; a model of vectors has 1 */
    int32_t  steps, blocks, hidden, hidden_layers; /* as in flow_model_options; 0 if the kind has none */
    int32_t  coupling, preset, mixing, batch_norm, prior;
    int32_t  classes, condition_columns, condition_into;
    int32_t  is_initialized;     /* 0 until the model is trained, loaded or initialized on data */
    int32_t  data_height, data_width; /* size of the images before padding */
    int32_t  backend, device, threads;
    int32_t  precision;          /* FLOW_PRECISION_... */
    int32_t  reserved;
    int64_t  dims;               /* D = height * width * channels */
    int64_t  tensors;            /* named arrays: flow_model_parameter */
    int64_t  parameters;         /* trained values */
    int64_t  parameters_length;  /* floats of flow_model_read_parameters: the values, and gaps of zeros */
    int64_t  constants_length;   /* floats of flow_model_read_constants */
    char     model[32];          /* the name of its kind */
    int32_t  table_columns;      /* numbers of a row in the units of its table; 0 without a schema of a table */
    int32_t  table_condition_columns; /* numbers of a condition in these units */
} flow_model_info;

/** The description in a file of compressed images. */
typedef struct flow_compressed {
    uint32_t struct_size;
    int32_t  height, width, channels, bins;
    int32_t  block;              /* images in a block; the last block may have fewer */
    int64_t  count;              /* images */
    char     model_sha256[72];   /* hash of the tensors of its model, in hexadecimal, as in the checkpoint */
} flow_compressed;

/** The shape of one image or latent. */
typedef struct flow_shape {
    int32_t height, width, channels;
} flow_shape;

/** A named array of a model: a strided view into a flat vector.  Name and shape are those in checkpoints. */
typedef struct flow_parameter {
    uint32_t struct_size;
    int32_t  is_constant;        /* 1: the array is not trained, and is in the vector of constants */
    int32_t  rank;               /* 1 to 4 */
    int32_t  reserved;
    int64_t  shape[4];
    int64_t  stride[4];          /* elements */
    int64_t  offset;             /* elements from the start of the vector */
    int64_t  length;             /* elements */
    char     name[128];          /* such as "levels.0.steps.3.actnorm.bias" */
} flow_parameter;

/**
 * The settings of one call: where its arrays are, and who follows its progress.  NULL stands for the defaults.
 *
 * With FLOW_MEMORY_CUDA all arrays of the call are device pointers of this process, in the primary context of the CUDA device
 * of the model.  Any library may have allocated them.  They are used in place, and results are doubles and floats with the
 * same bits as in host memory.
 *
 *   - The work of the call starts after what is queued on the stream, and later work on the stream waits for it.
 *   - The call returns when its work is queued, and does not wait for the device.  It may wait in the first call with a batch
 *     size, and in the first after the weights changed.  Progress is reported as batches are queued.
 *   - An array of pointers to levels stays in host memory.
 *   - A grey level that is not below bins is no error here: what depends on it becomes NaN.
 *   - A pointer that is not memory of that device, a stream that captures a graph, and a model on another device give
 *     FLOW_INVALID_ARGUMENT.
 *   - Functions of initialization, tapes and trainers accept only arrays in host memory.  Conditional models, standard latents
 *     and temperatures by level give FLOW_UNSUPPORTED with arrays in device memory.
 */
typedef struct flow_call {
    uint32_t      struct_size;
    int32_t       memory;        /* FLOW_MEMORY_..., of all arrays of the call */
    int32_t       device;        /* with FLOW_MEMORY_CUDA: the ordinal of the CUDA device */
    int32_t       batch;         /* images computed at once, 1 to 65536; 0 = 64; results do not depend on it */
    void         *stream;        /* the CUDA stream on which the arrays are ready; NULL = the legacy default stream */
    flow_progress progress;      /* called after every batch; may be NULL */
    void         *user;          /* passed to progress */
    int32_t       standard;      /* 1: latents are standardized by their priors, (z - mean) / deviation; 0: they are raw */
    int32_t       temperature_count; /* 0, or the model's levels */
    const double *temperatures;  /* of samples, in place of the argument: one for each level, the finest first */
    const float  *condition;     /* of a conditional model: B rows, or one row for all; classes are one-hot rows */
    size_t        condition_length;
} flow_call;

/**
 * The settings of training.  The loss is the mean bits per dimension of a batch.  0 stands for the default; models of continuous
 * data (tables) have some defaults of their own.  Where 0 itself is a possible value, a negative number stands for it.
 */
typedef struct flow_trainer_options {
    uint32_t struct_size;
    int32_t  batch;              /* images of one update, 1 to 65536; 64, of tables 256 */
    int32_t  optimizer;          /* FLOW_OPTIMIZER_... */
    int32_t  schedule;           /* FLOW_SCHEDULE_..., after the warm-up */
    int32_t  activations;        /* FLOW_ACTIVATIONS_... */
    int32_t  flip;               /* 1: images of a data set are mirrored left to right at random */
    double   learning_rate;      /* 0.001 */
    double   beta1, beta2;       /* 0.9 and 0.999 */
    double   epsilon;            /* 1e-8 */
    double   weight_decay;
    double   clip;               /* largest norm of the gradient: 1; negative = no limit */
    double   ema_decay;          /* of the moving average of the weights: 0.999, of tables 0.99; negative = no average */
    int64_t  warmup_images;      /* the learning rate rises over so many: 100 updates; of a short run a tenth, at least 10 updates;
                                    negative = no rise */
    int64_t  total_images;       /* the end of the schedule; 0 = it never ends */
    uint64_t seed;               /* of the order of images, of noise and of mirroring */
    int32_t  read_every;         /* losses are read at least once in so many updates; 1 on the CPU, else 20 */
    int32_t  reserved;           /* 0 */
    double   final_learning_rate; /* the rate at the end of a schedule that falls: 0 */
    int32_t  shards;             /* parts of a batch whose gradients are summed as a binary tree, a power of two; 1 */
    int32_t  reduce;             /* FLOW_REDUCE_... */
} flow_trainer_options;

/** The state of a training, and its last update. */
typedef struct flow_metrics {
    uint32_t struct_size;
    int32_t  was_skipped;        /* 1: the loss or a gradient was not finite, and the update changed nothing */
    int64_t  updates;            /* updates that began, with the skipped ones */
    int64_t  skipped;
    int64_t  images;             /* images that were trained on */
    int64_t  epoch;              /* number of the pass over the data set, from 0; 0 without a data set */
    int64_t  updates_per_epoch;  /* 0 without a data set */
    double   bits_per_dim;       /* mean of the batch, before the update */
    double   gradient_norm;      /* before clipping */
    double   learning_rate;
    char     skipped_because[128]; /* what was not finite in the last skipped update; empty if none was skipped */
} flow_metrics;

/** Reports every update, on the thread of the caller.  A result other than 0 stops the training: FLOW_CANCELLED. */
typedef int32_t (*flow_step_done)(const flow_metrics *metrics, void *user);

/* --- The library ------------------------------------------------------------------------------------------- */

/** The ABI of the library; compare it with FLOW_ABI_VERSION. */
FLOW_API uint32_t flow_abi_version(void);

/** The version of the release: three numbers with points between them. */
FLOW_API const char *flow_version(void);

/** The instruction set in use: "x86-64-v4" (AVX-512), "x86-64-v3" (AVX2), or the platform's name. */
FLOW_API const char *flow_instruction_set(void);

/** The last failure on this thread: one line of UTF-8, empty if there was none.  It is valid until this thread's next call. */
FLOW_API const char *flow_last_error(void);

/** A few words on what a status means.  Never NULL, for any number. */
FLOW_API const char *flow_status_text(flow_status status);

/**
 * All options, as JSON: the kinds of models, the transforms of the kind "transforms", and training, each with its options, their
 * ranges, defaults and help texts.
 *
 * @param json            receives the text, NUL-terminated; NULL to ask for its length.
 * @param capacity_bytes  the room at json.  Too little gives FLOW_INVALID_ARGUMENT, and only length_bytes is written.
 * @param length_bytes    receives the length of the text with its NUL.
 */
FLOW_API flow_status flow_describe(char *json, size_t capacity_bytes, size_t *length_bytes);

/* --- Devices ----------------------------------------------------------------------------------------------- */

/** The number of devices of this machine.  The CPU is number 0; those of CUDA, of OpenCL, and the emulator follow. */
FLOW_API flow_status flow_device_count(int32_t *count);

/** Describes device number index. */
FLOW_API flow_status flow_device_get(int32_t index, flow_device *device);

/**
 * The memory of device number index.  OpenCL does not say how much is free; free_bytes is then what models of this process
 * have not allocated.
 */
FLOW_API flow_status flow_device_memory(int32_t index, int64_t *free_bytes, int64_t *total_bytes);

/* --- Models ------------------------------------------------------------------------------------------------ */

/**
 * Makes a model with random weights.  Then flow_model_initialize or the first flow_trainer_run initializes it on data; nothing
 * else can be done with it before.
 *
 * @param name     the kind.  Of images: "glow", "realnvp".  Of vectors: "maf" (fast densities), "iaf" (fast samples), "nice",
 *                 "dense-glow", "nsf" (neural spline flow).  flow_model_create_json has more options of them, and the
 *                 kind "transforms", a list of transforms.
 * @param options  the sizes.
 * @param device   NULL for the best device.
 * @param model    receives the model.
 */
FLOW_API flow_status flow_model_create(
    const char *name, const flow_model_options *options, const flow_device_options *device, flow_model **model);

/**
 * Makes a model with random weights from a description in JSON: its kind, its channels (of images also height and width), and
 * the options that differ from the defaults of the kind.  All options of all kinds can be given, for example the list of a model
 * of the kind "transforms":
 *
 *     {"model": "transforms", "channels": 4, "transforms": [{"type": "actnorm"}, {"type": "permutation"},
 *      {"type": "affine_coupling", "hidden": 64}], "condition": {"classes": 3}}
 *
 * Beside them "extreme_share" is the share of the images' values that have the first or the last grey level, which the default of
 * "logit_margin" follows.
 *
 * @param json    NUL-terminated UTF-8.
 * @param seed    the seed of the weights.
 * @param device  NULL for the best device.
 * @param model   receives the model.
 */
FLOW_API flow_status flow_model_create_json(
    const char *json, uint64_t seed, const flow_device_options *device, flow_model **model);

/**
 * Loads a model from a checkpoint file.  path is NUL-terminated UTF-8; device may be NULL for the best device.  "digits" is the
 * built-in model of 8x8 digits where no file has that name.
 */
FLOW_API flow_status flow_model_load(const char *path, const flow_device_options *device, flow_model **model);

/** Loads a model from a checkpoint in memory, which is not needed after the call. */
FLOW_API flow_status flow_model_load_memory(
    const void *bytes, size_t length_bytes, const flow_device_options *device, flow_model **model);

/**
 * Makes a model from a flow that another library trained.  flow_model_save writes it as a checkpoint.  A module that cannot be
 * imported gives FLOW_UNSUPPORTED; flow_last_error() then names it, its place, and what would be needed.
 *
 * @param weights       the state dict of the flow as a safetensors file in memory (of flowjax its Equinox file); not needed
 *                      after the call.
 * @param length_bytes  its length.
 * @param library       "zuko", "nflows", "normflows" or "flowjax".
 * @param description   the modules of the flow as JSON, NUL-terminated UTF-8; docs/foreign-flows.md has the form.
 * @param device        NULL for the best device.
 * @param model         receives the model.
 */
FLOW_API flow_status flow_model_import(
    const void *weights, size_t length_bytes, const char *library, const char *description,
    const flow_device_options *device, flow_model **model);

/** Writes a checkpoint file.  After a failure an older file of that name is unchanged. */
FLOW_API flow_status flow_model_save(const flow_model *model, const char *path);

/**
 * Writes a checkpoint to memory.
 *
 * @param bytes           NULL to ask for the length.
 * @param capacity_bytes  the room at bytes.  Too little gives FLOW_INVALID_ARGUMENT, and only length_bytes is written.
 * @param length_bytes    receives the length of the checkpoint.
 */
FLOW_API flow_status flow_model_save_memory(
    const flow_model *model, void *bytes, size_t capacity_bytes, size_t *length_bytes);

/** Frees a model, after the calls that use it.  NULL is allowed, and so is a handle that was freed. */
FLOW_API void flow_model_free(flow_model *model);

/** Describes a model. */
FLOW_API flow_status flow_model_get_info(const flow_model *model, flow_model_info *info);

/** The options of a model as JSON, for flow_model_create_json.  Arguments as for flow_describe. */
FLOW_API flow_status flow_model_get_json(
    const flow_model *model, char *json, size_t capacity_bytes, size_t *length_bytes);

/**
 * The memory of a batch on the device of the model, in bytes, without that of the weights and the optimizer.
 *
 * @param batch      images at once, 1 to 65536 and at most 2^31 - 1 values.
 * @param inference  receives the memory of a call for log densities.
 * @param store      receives that of a training step with FLOW_ACTIVATIONS_STORE.
 * @param invert     receives that of a training step with FLOW_ACTIVATIONS_INVERT.
 */
FLOW_API flow_status flow_model_memory(
    const flow_model *model, int32_t batch, int64_t *inference, int64_t *store, int64_t *invert);

/**
 * Prepares calls for densities and latents, so that the first is as fast as the next.  It derives what calls compute from the
 * weights, lays out the memory of a batch, and makes the kernels of a GPU ready.  Call it again after the weights changed.
 *
 * @param batch  images at once, 1 to 65536.  A call with more than flow_call.batch images runs batches of that size, and one
 *               of the rest: prepare both sizes.
 */
FLOW_API flow_status flow_model_prepare(const flow_model *model, int32_t batch);

/** The shape of the latent of a level, 0 to levels - 1.  All latents together have D values. */
FLOW_API flow_status flow_model_latent_shape(const flow_model *model, int32_t level, flow_shape *shape);

/** Initializes a new model on a batch of scaled images, at most 65536. */
FLOW_API flow_status flow_model_initialize(
    flow_model *model, const float *images, size_t length, const flow_call *call);

/* --- Inference, for any number of images ------------------------------------------------------------------- */

/** Makes scaled images of grey levels, with the noise of flow_model_log_prob_u8. */
FLOW_API flow_status flow_model_dequantize(
    const flow_model *model, const uint8_t *levels, size_t length, uint64_t seed, uint32_t first_index,
    const flow_call *call, float *images, size_t images_length);

/**
 * Log densities of scaled images, in nats.
 *
 * @param images           B * D floats, scaled to [-0.5, 0.5).
 * @param length           the length of images.
 * @param call             NULL for host memory and defaults.
 * @param log_prob         receives B numbers.  A datum so far out that its latents leave the range of float has -infinity, and
 *                         NaN in device memory.
 * @param log_prob_length  B.
 */
FLOW_API flow_status flow_model_log_prob(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/**
 * Log densities of images in grey levels, dequantized with uniform noise, in nats.
 *
 * @param levels       B * D grey levels below bins.
 * @param seed         the seed of the noise.
 * @param first_index  the index of the first image.  The noise of an image depends only on seed and index.
 */
FLOW_API flow_status flow_model_log_prob_u8(
    const flow_model *model, const uint8_t *levels, size_t length, uint64_t seed, uint32_t first_index,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/** Bits per dimension of B scaled images. */
FLOW_API flow_status flow_model_bits_per_dim(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, double *bits, size_t bits_length);

/** Bits per dimension of B images in grey levels, dequantized as in flow_model_log_prob_u8. */
FLOW_API flow_status flow_model_bits_per_dim_u8(
    const flow_model *model, const uint8_t *levels, size_t length, uint64_t seed, uint32_t first_index,
    const flow_call *call, double *bits, size_t bits_length);

/**
 * Computes the latents of scaled images: (B, D).  Each row has the latents of all levels in order, each flattened (h, w, c).
 */
FLOW_API flow_status flow_model_forward(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, float *latents, size_t latents_length);

/**
 * Computes the latents of scaled images in one array for each level, (B, h, w, c) with the shape of flow_model_latent_shape.
 *
 * @param levels         an array for each level.
 * @param level_lengths  their lengths.
 * @param level_count    the model's levels.
 */
FLOW_API flow_status flow_model_forward_levels(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, float *const *levels, const size_t *level_lengths, size_t level_count);

/** Computes scaled images from latents in the layout of flow_model_forward. */
FLOW_API flow_status flow_model_inverse(
    const flow_model *model, const float *latents, size_t latents_length,
    const flow_call *call, float *images, size_t length);

/** Computes scaled images from latents in the layout of flow_model_forward_levels. */
FLOW_API flow_status flow_model_inverse_levels(
    const flow_model *model, const float *const *levels, const size_t *level_lengths, size_t level_count,
    const flow_call *call, float *images, size_t length);

/** Runs forward and inverse, and gives for each of B scaled images the largest absolute difference. */
FLOW_API flow_status flow_model_round_trip(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, double *largest, size_t largest_length);

/**
 * Draws scaled images.
 *
 * @param count        how many; 0 to 2^32 - 1.
 * @param temperature  scales the noise of the latents.  1 draws from the model; less gives likelier images.
 * @param seed         the seed.  Image i of a seed is always the same.
 * @param images       receives count * D floats.
 */
FLOW_API flow_status flow_model_sample(
    const flow_model *model, int64_t count, double temperature, uint64_t seed,
    const flow_call *call, float *images, size_t length);

/** Draws images in grey levels 0 to bins - 1. */
FLOW_API flow_status flow_model_sample_u8(
    const flow_model *model, int64_t count, double temperature, uint64_t seed,
    const flow_call *call, uint8_t *levels, size_t length);

/**
 * Log densities of scaled images under every class of a model that is conditional on classes, in nats.  flow_model_classify
 * makes probabilities of classes from them.
 *
 * @param log_prob         receives B * classes numbers.
 * @param log_prob_length  B * classes.
 */
FLOW_API flow_status flow_model_class_log_prob(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/** The same for images in grey levels.  All classes get the same noise, that of flow_model_log_prob_u8. */
FLOW_API flow_status flow_model_class_log_prob_u8(
    const flow_model *model, const uint8_t *levels, size_t length, uint64_t seed, uint32_t first_index,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/* --- Lossless compression, by a model on the CPU -------------------------------------------------------------- */

/**
 * Compresses images.  The file is the same on every machine.  Only this model can decompress it.
 *
 * @param levels          B * D grey levels below bins.
 * @param length          the length of levels.
 * @param block           images in a block; 0 = 100.  Larger blocks make a shorter file; smaller ones are faster where only a few
 *                        images are read.
 * @param bytes           receives the file; NULL to ask for a length that suffices.
 * @param capacity_bytes  the room at bytes.  Too little gives FLOW_INVALID_ARGUMENT, and only length_bytes is written.
 * @param length_bytes    receives the length of the file.
 */
FLOW_API flow_status flow_model_compress(
    const flow_model *model, const uint8_t *levels, size_t length, int32_t block,
    void *bytes, size_t capacity_bytes, size_t *length_bytes);

/** Describes a file of compressed images.  A file that is damaged, foreign or newer gives FLOW_BAD_FORMAT. */
FLOW_API flow_status flow_compressed_get_info(const void *bytes, size_t length_bytes, flow_compressed *info);

/**
 * Decompresses images.  Only the blocks of these images are read.  Another model gives FLOW_INVALID_ARGUMENT, a damaged block
 * FLOW_BAD_FORMAT.
 *
 * @param bytes         the file.
 * @param length_bytes  the length of the file.
 * @param first         the number of the first image.
 * @param levels        receives length / D images.
 * @param length        a multiple of D.
 */
FLOW_API flow_status flow_model_decompress(
    const flow_model *model, const void *bytes, size_t length_bytes, int64_t first, uint8_t *levels, size_t length);

/* --- Parameters -------------------------------------------------------------------------------------------- */

/** Describes array number index, 0 to tensors - 1. */
FLOW_API flow_status flow_model_parameter(const flow_model *model, int64_t index, flow_parameter *parameter);

/** Copies the trained values, parameters_length floats, out of the model. */
FLOW_API flow_status flow_model_read_parameters(const flow_model *model, float *values, size_t length);

/** Replaces the trained values, which must be finite.  The model then counts as initialized. */
FLOW_API flow_status flow_model_write_parameters(flow_model *model, const float *values, size_t length);

/** Copies the constants, constants_length floats, out of the model: permutations and signs. */
FLOW_API flow_status flow_model_read_constants(const flow_model *model, float *values, size_t length);

/** Replaces the constants.  Each array must be a permutation, or consist of 1 and -1, as its name says. */
FLOW_API flow_status flow_model_write_constants(flow_model *model, const float *values, size_t length);

/* --- Gradients, for optimizers and automatic differentiation outside --------------------------------------- */

/**
 * Makes a tape: the memory for one forward pass over a fixed number of images, and for its gradients.
 *
 * @param batch        images, 1 to 65536.
 * @param activations  FLOW_ACTIVATIONS_...
 * @param tape         receives the tape.
 */
FLOW_API flow_status flow_tape_create(flow_model *model, int32_t batch, int32_t activations, flow_tape **tape);

/** Computes log densities of scaled images, batch of them, and keeps what flow_tape_backward needs. */
FLOW_API flow_status flow_tape_forward(
    flow_tape *tape, const float *images, size_t length,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/**
 * Computes the gradients of sum_b g_b log_prob_b.  Call it once after a forward pass, before the weights change.
 *
 * @param d_log_prob         g, batch numbers.
 * @param d_images           receives the gradient by the images; NULL with length 0 if it is not wanted.
 * @param d_parameters       receives the gradient by the parameters, in their layout; NULL with length 0 if it is not wanted.
 */
FLOW_API flow_status flow_tape_backward(
    flow_tape *tape, const double *d_log_prob, size_t d_log_prob_length, const flow_call *call,
    float *d_images, size_t d_images_length, float *d_parameters, size_t d_parameters_length);

/** Frees a tape.  NULL is allowed. */
FLOW_API void flow_tape_free(flow_tape *tape);

/* --- Training ---------------------------------------------------------------------------------------------- */

/** Makes a trainer that gets its batches from the caller: flow_trainer_step and flow_trainer_step_u8. */
FLOW_API flow_status flow_trainer_create(
    flow_model *model, const flow_trainer_options *options, flow_trainer **trainer);

/**
 * Makes a trainer on a data set in memory, which it copies: flow_trainer_run.
 *
 * @param levels   N images in grey levels 0 to bins - 1.
 * @param length   N * D.
 * @param options  NULL for the defaults.  A batch must not be larger than the data set.
 */
FLOW_API flow_status flow_trainer_create_on(
    flow_model *model, const uint8_t *levels, size_t length, const flow_trainer_options *options,
    flow_trainer **trainer);

/** Makes one update on a batch of scaled images.  metrics may be NULL; progress is not used. */
FLOW_API flow_status flow_trainer_step(
    flow_trainer *trainer, const float *images, size_t length, const flow_call *call, flow_metrics *metrics);

/** Makes one update on a batch in grey levels.  The trainer draws the noise that dequantizes it. */
FLOW_API flow_status flow_trainer_step_u8(
    flow_trainer *trainer, const uint8_t *levels, size_t length, const flow_call *call, flow_metrics *metrics);

/**
 * Makes updates on the data set.  A new model is initialized on the first batch.
 *
 * @param updates  how many.
 * @param done     called after each; may be NULL.
 * @param user     passed to done.
 * @param metrics  receives the state of the training; may be NULL.
 */
FLOW_API flow_status flow_trainer_run(
    flow_trainer *trainer, int64_t updates, flow_step_done done, void *user, flow_metrics *metrics);

/** Changes the learning rate, from the next update on.  Warm-up and schedule still scale it. */
FLOW_API flow_status flow_trainer_set_learning_rate(flow_trainer *trainer, double learning_rate);

/** Gives the state of the training. */
FLOW_API flow_status flow_trainer_get_metrics(flow_trainer *trainer, flow_metrics *metrics);

/** Writes a file for flow_trainer_resume: weights, moments, moving average and position in the data. */
FLOW_API flow_status flow_trainer_save(flow_trainer *trainer, const char *path);

/**
 * Continues where flow_trainer_save ended, with the same bits.  The trainer must be new, with the same options, data set and
 * architecture.  Load its model from a checkpoint that was saved at the same time: it has the constants.
 */
FLOW_API flow_status flow_trainer_resume(flow_trainer *trainer, const char *path);

/** Makes a copy of the model with the moving average of the weights.  This is the model to use and to save. */
FLOW_API flow_status flow_trainer_snapshot(flow_trainer *trainer, flow_model **model);

/** Frees a trainer.  NULL is allowed. */
FLOW_API void flow_trainer_free(flow_trainer *trainer);

/* --- What a model knows of its data ------------------------------------------------------------------------- */

/**
 * The data schema of a model, as JSON; "null" if it has none.
 *
 *   - Of a table: "name", "kind" ("table"), "columns", "logit" ("lambda", "low", "high"), "condition" (with its own "columns"),
 *     "label", "split_seed".  A column has "name", "mean", "deviation", and "left_out" ("constant" or "copy") if the model does
 *     not see it.
 *   - Of images: "name", "kind" ("images"), "height", "width", "channels", "levels", "range", "bins", "scaling", "padding".
 *   - Of both: "classes" in the order of their numbers, with "name" and "count".
 *
 * @param json            receives the text and a NUL; NULL to ask for the length.
 * @param capacity_bytes  the room at json.  Too little gives FLOW_INVALID_ARGUMENT, and only length_bytes is written.
 * @param length_bytes    receives the length of the text with its NUL.
 */
FLOW_API flow_status flow_model_schema(
    const flow_model *model, char *json, size_t capacity_bytes, size_t *length_bytes);

/**
 * Sets the data schema of a model and of its checkpoints.
 *
 * @param json          the form of flow_model_schema; members that the model does not need may be missing.
 * @param length_bytes  the length of json, without a NUL.
 */
FLOW_API flow_status flow_model_set_schema(flow_model *model, const char *json, size_t length_bytes);

/**
 * Classifies by Bayes' rule from log densities under every class.  The prior is the counts of the schema; without counts all
 * classes are equally likely.
 *
 * @param class_log_prob  B * classes numbers, of flow_model_class_log_prob.
 * @param classes         receives the number of a class for each of B; the schema has its "name".
 * @param probability     receives B * classes numbers.
 */
FLOW_API flow_status flow_model_classify(
    const flow_model *model, const double *class_log_prob, size_t length, int32_t *classes, size_t classes_length,
    double *probability, size_t probability_length);

/**
 * Scales rows in the units of their table to the values that the model sees.
 *
 * @param rows     B * table_columns numbers: all columns of the schema in its order, also those that are left out.
 * @param values   receives B * D floats, for the functions that take images.
 * @param log_det  receives B numbers in nats: log density of rows = log density of values + log_det.
 */
FLOW_API flow_status flow_model_rows_scale(
    const flow_model *model, const double *rows, size_t length, float *values, size_t values_length,
    double *log_det, size_t log_det_length);

/**
 * Scales the condition of a conditional model from the units of the table to flow_call.condition.
 *
 * @param given      table_condition_columns numbers for each row, in the units of the table; of classes one number of a class
 *                   for each row.
 * @param condition  receives condition_columns numbers for each row; of classes as many as there are.
 */
FLOW_API flow_status flow_model_condition(
    const flow_model *model, const double *given, size_t given_length, float *condition, size_t condition_length);

/** Scales values of the model back to rows in the units of their table.  Columns that were left out come back. */
FLOW_API flow_status flow_model_rows_restore(
    const flow_model *model, const float *values, size_t values_length, double *rows, size_t length);

/**
 * Log densities of B rows in the units of their table, in nats.
 *
 * @param rows   as in flow_model_rows_scale.
 * @param given  as in flow_model_condition, for each row or once for all; NULL if the model is not conditional.
 */
FLOW_API flow_status flow_model_rows_log_prob(
    const flow_model *model, const double *rows, size_t length, const double *given, size_t given_length,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/** Classifies B rows in the units of their table, as flow_model_classify does. */
FLOW_API flow_status flow_model_rows_predict(
    const flow_model *model, const double *rows, size_t length, const flow_call *call, int32_t *classes,
    size_t classes_length, double *probability, size_t probability_length);

/** Draws rows in the units of their table.  Arguments as for flow_model_sample and flow_model_rows_log_prob. */
FLOW_API flow_status flow_model_rows_sample(
    const flow_model *model, int64_t count, const double *given, size_t given_length, double temperature, uint64_t seed,
    const flow_call *call, double *rows, size_t length);

/** Pads scaled images of data_height x data_width to the size of the model: a border of grey level 0 on all sides. */
FLOW_API flow_status flow_model_pad(
    const flow_model *model, const float *images, size_t length, float *padded, size_t padded_length);

/** The same for images in grey levels. */
FLOW_API flow_status flow_model_pad_u8(
    const flow_model *model, const uint8_t *levels, size_t length, uint8_t *padded, size_t padded_length);

/** Crops images of the model to data_height x data_width. */
FLOW_API flow_status flow_model_crop(
    const flow_model *model, const float *padded, size_t padded_length, float *images, size_t length);

/** The same for images in grey levels. */
FLOW_API flow_status flow_model_crop_u8(
    const flow_model *model, const uint8_t *padded, size_t padded_length, uint8_t *levels, size_t length);

/**
 * Log densities of B scaled images, or of B rows of floats that the model sees, and their gradients.  Arguments as for
 * flow_model_log_prob.
 *
 * @param d_images     receives d log_prob_b / d image_b, as many numbers as images.
 * @param d_condition  receives the gradient by the condition, condition_columns (or classes) numbers for each image; NULL
 *                     with length 0 if it is not wanted.
 */
FLOW_API flow_status flow_model_log_prob_gradient(
    const flow_model *model, const float *images, size_t length, const flow_call *call, double *log_prob,
    size_t log_prob_length, float *d_images, size_t d_images_length, float *d_condition, size_t d_condition_length);

/**
 * The same for B rows in the units of their table.  Arguments as for flow_model_rows_log_prob.
 *
 * @param d_rows   receives d log_prob_b / d row_b, as many numbers as rows; 0 in columns that the model does not see.
 * @param d_given  receives the gradient by given, table_condition_columns numbers for each row; NULL with length 0 if it is
 *                 not wanted.  Classes have no gradient.
 */
FLOW_API flow_status flow_model_rows_log_prob_gradient(
    const flow_model *model, const double *rows, size_t length, const double *given, size_t given_length,
    const flow_call *call, double *log_prob, size_t log_prob_length, double *d_rows, size_t d_rows_length,
    double *d_given, size_t d_given_length);

/* --- Anomalies in tables ------------------------------------------------------------------------------------ */

/** What a detector is told; zeros are the defaults. */
typedef struct flow_detector_options {
    uint32_t struct_size;
    int32_t  reserved;           /* 0 */
    double   contamination;      /* the share of anomalies in the training rows, below 0.5: so many are left out and above
                                    the threshold; 0: the rows are normal, and false_alarms sets the threshold */
    double   false_alarms;       /* the share of normal rows that may be above the threshold; 0 = 0.05 */
    uint64_t seed;
} flow_detector_options;

/** What a detector is. */
typedef struct flow_detector_info {
    uint32_t struct_size;
    int32_t  columns;
    int64_t  held_out_rows;      /* normal rows, unseen by the flows that scored them: p-values are from these */
    double   threshold;          /* rows of a higher score are anomalies */
    double   contamination;      /* as it was told; 0 for none */
    double   false_alarms;
    uint64_t seed;
} flow_detector_info;

/**
 * Fits a detector to rows that are mostly normal: an ensemble of flows, on all cores of the CPU.  A detector may be used
 * from many threads at once.
 *
 * @param rows      B * columns finite numbers, B at least 8.
 * @param names     columns texts, what the columns are called; NULL for "column 0", "column 1", ...
 * @param options   NULL for the defaults.
 */
FLOW_API flow_status flow_detector_fit(
    const double *rows, size_t length, const char *const *names, size_t columns, const flow_detector_options *options,
    flow_detector **detector);

/** Reads a detector: a file, or the folder that the command's detect has written. */
FLOW_API flow_status flow_detector_load(const char *path, flow_detector **detector);

/** The same of a file in memory, which is not needed after the call. */
FLOW_API flow_status flow_detector_load_memory(const void *bytes, size_t length_bytes, flow_detector **detector);

/** Writes a detector to a file, whole or not at all. */
FLOW_API flow_status flow_detector_save(const flow_detector *detector, const char *path);

/** A detector in memory.  Arguments as for flow_model_save_memory. */
FLOW_API flow_status flow_detector_save_memory(
    const flow_detector *detector, void *bytes, size_t capacity_bytes, size_t *length_bytes);

/** Releases a detector.  NULL is allowed. */
FLOW_API void flow_detector_free(flow_detector *detector);

/** Describes a detector. */
FLOW_API flow_status flow_detector_get_info(const flow_detector *detector, flow_detector_info *info);

/** What a detector knows of its table, as JSON.  Arguments and content as for flow_model_schema. */
FLOW_API flow_status flow_detector_schema(
    const flow_detector *detector, char *json, size_t capacity_bytes, size_t *length_bytes);

/**
 * Scores B rows.
 *
 * @param rows        B * columns finite numbers.
 * @param score       receives B numbers: about 1 for normal rows, and the higher the more anomalous.
 * @param p_value     receives B numbers: the share of normal rows that would score as high; NULL with length 0 if not
 *                    wanted.
 * @param is_anomaly  receives B times 1 where the score is above the threshold, else 0; NULL with length 0 if not wanted.
 */
FLOW_API flow_status flow_detector_score(
    const flow_detector *detector, const double *rows, size_t length, double *score, size_t score_length,
    double *p_value, size_t p_value_length, int32_t *is_anomaly, size_t is_anomaly_length);

/**
 * How much each column has to do with the score of each of B rows.
 *
 * @param share  receives B * columns numbers: how far the score falls where the flows leave that column free, and 0 where
 *               the column is constant or a copy of another in the training rows.
 */
FLOW_API flow_status flow_detector_explain(
    const flow_detector *detector, const double *rows, size_t length, double *share, size_t share_length);

/* --- Training on several ranks ------------------------------------------------------------------------------ */

/**
 * Sends to another rank while it receives from it; that rank makes the call that answers.  Lengths may be 0.  Returns 0 when
 * both are done; anything else ends the call that asked for it with FLOW_DEVICE_FAILED.
 */
typedef int32_t (*flow_send_receive)(
    int32_t partner, const void *sent, size_t sent_bytes, void *received, size_t received_bytes, void *user);

/** Sums over all ranks, in place, and gives all of them the same bits.  Returns as flow_send_receive does. */
typedef int32_t (*flow_all_reduce)(float *values, size_t length, void *user);

/**
 * The processes that train one model, connected by the caller: by MPI, sockets, or what else there is.  The functions are
 * called by the thread that calls the trainer, on all ranks in the same order.
 */
typedef struct flow_communicator {
    uint32_t          struct_size;
    int32_t           rank;         /* this process, from 0 */
    int32_t           size;         /* of them all: a power of two that divides shards */
    int32_t           reserved;     /* 0 */
    flow_send_receive send_receive;
    flow_all_reduce   all_reduce;   /* for FLOW_REDUCE_FAST; else NULL */
    void             *user;         /* handed to both */
} flow_communicator;

/**
 * A trainer that shares every batch with other ranks: each calls this and every function of the trainer alike, with equal
 * options, and has the same weights after it.  They begin with those of rank 0.
 *
 * @param levels        as for flow_trainer_create_on, the same on all ranks; NULL with length 0 for a trainer that is handed its
 *                      batches: then each rank hands over its own, batch / size images.
 * @param options       batch counts the images of all ranks; shards is a multiple of their number.
 * @param communicator  copied.
 */
FLOW_API flow_status flow_trainer_create_shared(
    flow_model *model, const uint8_t *levels, size_t length, const flow_trainer_options *options,
    const flow_communicator *communicator, flow_trainer **trainer);

#ifdef __cplusplus
}
#endif

#endif /* FLOWENGINE_H */

/*
 * FlowEngine C API.  Normalizing flows of images and of tables: likelihood, latents, sampling, training.
 *
 *     flow_model *model = NULL;
 *     if (flow_model_load("checkpoint.safetensors", NULL, &model) != FLOW_OK)
 *         fprintf(stderr, "%s\n", flow_last_error());
 *
 * Conventions
 *   Status     Every function that can fail returns flow_status: FLOW_OK is 0, failures are negative and their
 *              numbers never change.  flow_last_error() then has one line that says what is wrong.
 *   Arguments  Inputs come first, outputs last.  NULL, a wrong size and a handle that is freed, of another kind or
 *              no handle at all give FLOW_INVALID_ARGUMENT; nothing is written past a length that was passed.
 *              After a failure a handle output is NULL and other outputs are unspecified.
 *   Ownership  A handle written to an output is the caller's and goes back with its flow_*_free, which takes NULL.
 *              A handle may be freed while others use what it stands for: a trainer and a tape keep their model.
 *   Arrays     Row-major, (batch, height, width, channel), the channel contiguous; borrowed for the call only.
 *              Every array comes with its length in elements (bytes where the name says so), which is checked.
 *   Tables     The models of vectors take rows of D floats in place of images: height and width are 1, and the channels
 *              are the columns.  With bins 0 they are of continuous data, which is taken as it is: log-probabilities
 *              are of that, and bits per dimension -log_prob / (D ln 2).  A model trained on a table by the flow command
 *              scales its rows: the functions flow_model_rows_* take and give them in the units of the table.
 *   Units      Log-probabilities are in nats, one per image, of data scaled to [-0.5, 0.5).  Float images are taken
 *              as scaled already.  Byte images are grey levels 0 to bins - 1 and are scaled and dequantized:
 *              (level + u) / bins - 0.5, u uniform in [0, 1).  Bits per dimension are
 *              -(log_prob - D ln bins) / (D ln 2), the code length of the grey levels.
 *   Structs    Set struct_size = sizeof(the struct) and the rest to zero: zero means the default.  Structs only grow
 *              at their ends, and the library takes those of earlier headers.
 *   Threads    A model may be used for inference from many threads at once; a trainer and a tape by one at a time
 *              (a second caller gets FLOW_INVALID_ARGUMENT).  Training and inference on one model take turns.
 *   Results    Do not depend on the instruction set, the number of threads, the batch size or the position in it.
 *   Process    No function aborts, exits, prints or changes the environment.  The library cannot be unloaded.  Signals
 *              stay as they are, SIGPIPE among them (on processors other than x86-64 the first call sets it to be
 *              ignored), but for SIGSEGV, SIGFPE and the first real-time signal: from the first call on these have
 *              handlers of the library, which hand what is not its own to the handlers that were there.  Calls need
 *              128 KiB of stack.
 *   Children   After fork the child may use the models that are there, where of the threads that then lived only
 *              the one that forks has made calls: the library's own end before a fork, and start again with the next
 *              call.  That is so on Linux on x86-64, and for models on the CPU.
 *   Devices    The CPU unless a GPU is asked for: one of an NVIDIA or an OpenCL driver, which are looked up at run time
 *              when a device is first listed or asked for, and need not be there.  FLOWENGINE_CUDA_LIBRARY and
 *              FLOWENGINE_OPENCL_LIBRARY in the environment name their files; a file that is not there hides a driver.
 *              A device that is not there is answered with FLOW_NO_DEVICE, and so is every call on an x86-64 processor
 *              without AVX2.  What is said of CUDA was tested against a stand-in for its driver, on no GPU yet.
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
 * The ABI of this header: compare with flow_abi_version() once, at the start.  Version 2 changed flow_model_options and
 * flow_model_info: those of version 1 are refused with FLOW_INVALID_ARGUMENT and a line that says so.  From here on structs
 * only grow.
 */
#define FLOW_ABI_VERSION 2u

typedef struct flow_model flow_model;     /* a flow with weights */
typedef struct flow_tape flow_tape;       /* a forward pass that can be differentiated */
typedef struct flow_trainer flow_trainer; /* a model in training */

typedef int32_t flow_status;
enum {
    FLOW_OK               = 0,
    FLOW_INVALID_ARGUMENT = -1,  /* NULL, a bad handle, a size out of range or that does not fit the model */
    FLOW_OUT_OF_MEMORY    = -2,
    FLOW_IO               = -3,  /* a file is missing, unreadable or unwritable */
    FLOW_BAD_FORMAT       = -4,  /* damaged, no checkpoint, or from a newer version */
    FLOW_NO_DEVICE        = -5,  /* the device asked for is not there */
    FLOW_CANCELLED        = -6,  /* a callback asked to stop */
    FLOW_DEVICE_FAILED    = -7,  /* a device or its driver failed: a kernel did not run, or the device was lost */
    FLOW_UNSUPPORTED      = -8,  /* the device cannot do that */
    FLOW_INTERNAL         = -99  /* a fault of this library */
};

enum {
    FLOW_BACKEND_DEFAULT  = 0, /* the CPU: no GPU is used without being asked for */
    FLOW_BACKEND_CPU      = 1,
    FLOW_BACKEND_CUDA     = 2, /* NVIDIA, compute capability 8.0 and later */
    FLOW_BACKEND_OPENCL   = 3,
    FLOW_BACKEND_EMULATOR = 4  /* a GPU's kernels on one thread of the CPU, every access checked: for tests, slow */
};
enum {
    FLOW_PRECISION_FP32 = 0, /* everything is float32 */
    FLOW_PRECISION_TF32 = 1, /* factors of the coupling networks' products rounded to 10 bits, sums in float32 */
    FLOW_PRECISION_BF16 = 2  /* to 7 bits */
};
enum { FLOW_MEMORY_HOST = 0, FLOW_MEMORY_CUDA = 1 };
enum { FLOW_COUPLING_AFFINE = 0, FLOW_COUPLING_ADDITIVE = 1 };
enum { FLOW_PRESET_GLOW = 0, FLOW_PRESET_ROSINALITY = 1 };
enum { FLOW_MIXING_REVERSE = 0, FLOW_MIXING_RANDOM = 1, FLOW_MIXING_LU = 2 };
enum { FLOW_PRIOR_LOGISTIC = 0, FLOW_PRIOR_GAUSSIAN = 1 };
enum {
    FLOW_CONDITION_DEFAULT  = 0, /* what suits the kind */
    FLOW_CONDITION_PRIOR    = 1,
    FLOW_CONDITION_NETWORKS = 2,
    FLOW_CONDITION_BOTH     = 3
};
enum { FLOW_OPTIMIZER_ADAM = 0, FLOW_OPTIMIZER_ADAMW = 1, FLOW_OPTIMIZER_ADAMAX = 2 };
/* COOLDOWN: constant for three quarters of total_images, then falling in a straight line. */
enum { FLOW_SCHEDULE_CONSTANT = 0, FLOW_SCHEDULE_COSINE = 1, FLOW_SCHEDULE_COOLDOWN = 2 };
enum {
    FLOW_ACTIVATIONS_AUTO   = 0, /* store where that fits half the free memory, else invert */
    FLOW_ACTIVATIONS_STORE  = 1, /* the forward pass keeps them */
    FLOW_ACTIVATIONS_INVERT = 2  /* the backward pass inverts the flow: memory does not grow with depth */
};

/** Is told how far a call is, on the thread that called; anything but 0 stops it with FLOW_CANCELLED. */
typedef int32_t (*flow_progress)(int64_t done, int64_t total, void *user);

/** Where a model runs. */
typedef struct flow_device_options {
    uint32_t struct_size;
    int32_t  backend;            /* FLOW_BACKEND_... */
    int32_t  device;             /* ordinal among the devices of that backend */
    int32_t  threads;            /* of the CPU, 1 to 1024; 0 = one per core */
    int32_t  precision;          /* FLOW_PRECISION_...; on the CPU all but FP32 give FLOW_UNSUPPORTED */
} flow_device_options;

/** A device of this machine. */
typedef struct flow_device {
    uint32_t struct_size;
    int32_t  backend;            /* FLOW_BACKEND_... */
    int32_t  device;             /* ordinal among the devices of that backend */
    int32_t  cores;              /* or multiprocessors */
    int64_t  memory_bytes;
    char     name[64];           /* as its driver says */
    char     instruction_set[32]; /* such as "x86-64-v4", "compute capability 9.0", or the OpenCL version */
} flow_device;

/**
 * The sizes of a model that is made anew.  0 stands for the default of the kind, which is that of all fronts: the command's,
 * which has the sizes of the papers.  flow_describe lists them.  An option that the kind does not have is an error.
 */
typedef struct flow_model_options {
    uint32_t struct_size;
    int32_t  height;             /* rows, a multiple of 2^levels (realnvp: 2^(levels - 1)); of vectors 0 = 1 */
    int32_t  width;              /* columns, as height */
    int32_t  channels;           /* of an image, or columns of a table; no default */
    int32_t  bins;               /* grey levels of the data, 2 to 256; 0 = 256, of vectors: continuous data */
    int32_t  levels;             /* L, of glow and realnvp; by the size of the images */
    int32_t  steps;              /* K, of a level of glow; 8 up to 32 pixels, else 16 */
    int32_t  blocks;             /* of vectors: maf and iaf 5, nice 4, dense-glow 10, nsf 6; residual blocks of realnvp, 2 */
    int32_t  hidden;             /* width of the networks: glow 64 to 256 by the size, realnvp 32, maf and iaf 512, nice
                                    1000, dense-glow 256, nsf 128 */
    int32_t  hidden_layers;      /* of the networks of a model of vectors; 2, nice 5 */
    int32_t  coupling;           /* FLOW_COUPLING_..., of glow */
    int32_t  preset;             /* FLOW_PRESET_..., of glow */
    int32_t  mixing;             /* FLOW_MIXING_..., between the blocks of maf and iaf; before those of nsf, where 0 is LU */
    int32_t  batch_norm;         /* 1: batch normalization after the blocks of maf and iaf */
    int32_t  prior;              /* FLOW_PRIOR_..., of nice */
    int32_t  classes;            /* 2 and more: the model is conditional on classes 0 to classes - 1 */
    int32_t  condition_columns;  /* 1 and more, without classes: it is conditional on so many numbers */
    int32_t  condition_into;     /* FLOW_CONDITION_..., what reads the condition */
    uint64_t seed;               /* of the first weights */
    int32_t  reserved[2];        /* 0 */
} flow_model_options;

/** What a model is. */
typedef struct flow_model_info {
    uint32_t struct_size;
    int32_t  height, width, channels, bins;
    int32_t  levels;             /* of latents: 1 of a model of vectors */
    int32_t  steps, blocks, hidden, hidden_layers; /* as in flow_model_options; 0 where the kind has none */
    int32_t  coupling, preset, mixing, batch_norm, prior;
    int32_t  classes, condition_columns, condition_into;
    int32_t  is_initialized;     /* 0 until it is trained, loaded or initialized on data */
    int32_t  data_height, data_width; /* of its images before they were padded */
    int32_t  backend, device, threads;
    int32_t  precision;          /* FLOW_PRECISION_... */
    int32_t  reserved;
    int64_t  dims;               /* D = height * width * channels */
    int64_t  tensors;            /* named arrays, see flow_model_parameter */
    int64_t  parameters;         /* trained values */
    int64_t  parameters_length;  /* floats of flow_model_read_parameters: the values and gaps of zeros */
    int64_t  constants_length;   /* floats of flow_model_read_constants */
    char     model[32];          /* the name of its kind */
    int32_t  table_columns;      /* of a row in the units of its table; 0 where the model has no schema of a table */
    int32_t  table_condition_columns; /* of what is given with it in those units */
} flow_model_info;

/** What a file of compressed images says of itself. */
typedef struct flow_compressed {
    uint32_t struct_size;
    int32_t  height, width, channels, bins;
    int32_t  block;              /* images of a block, fewer in the last */
    int64_t  count;              /* images */
    char     model_sha256[72];   /* of the tensors of its model, in hexadecimal: what the checkpoint says */
} flow_compressed;

/** The shape of one image or latent. */
typedef struct flow_shape {
    int32_t height, width, channels;
} flow_shape;

/** A named array of a model, as a strided view into its flat vector; name and shape are those of checkpoints. */
typedef struct flow_parameter {
    uint32_t struct_size;
    int32_t  is_constant;        /* 1: it is not trained and lies in the vector of constants */
    int32_t  rank;               /* 1 to 4 */
    int32_t  reserved;
    int64_t  shape[4];
    int64_t  stride[4];          /* elements */
    int64_t  offset;             /* elements from the start of the vector */
    int64_t  length;             /* elements */
    char     name[128];          /* such as "levels.0.steps.3.actnorm.bias" */
} flow_parameter;

/**
 * What concerns one call: where its arrays are, and who is told how far it is.  NULL stands for the defaults.
 *
 * FLOW_MEMORY_CUDA: all arrays of the call are device pointers of this process, made by whatever library, in the
 * primary context of the CUDA device the model is on; results are doubles and floats as in host memory, to the same bits.
 * They are used in place.  The call's work starts after what is queued on the stream, the stream's later work waits for
 * it, and the call returns when it is queued, without waiting for the device (the first call with a batch size, and the
 * first after the weights changed, may wait); an array of pointers to levels stays in host memory.  With such arrays
 * a grey level that is not below bins is no error: what depends on it is NaN.  Progress is told as batches are queued.  A
 * pointer that is no memory of that device, a stream that captures a graph, and a model on another device are
 * FLOW_INVALID_ARGUMENT.  Functions of initialization, tapes and trainers take only arrays in host memory; conditional
 * models, standard latents and temperatures by level are FLOW_UNSUPPORTED with arrays in device memory.
 */
typedef struct flow_call {
    uint32_t      struct_size;
    int32_t       memory;        /* of all arrays of the call, FLOW_MEMORY_... */
    int32_t       device;        /* the CUDA ordinal where memory is FLOW_MEMORY_CUDA */
    int32_t       batch;         /* images computed at once, 1 to 65536; 0 = 64; changes no result */
    void         *stream;        /* the CUDA stream the arrays are ready on; NULL = the legacy default stream */
    flow_progress progress;      /* after every batch; NULL for nobody */
    void         *user;          /* handed to progress */
    int32_t       standard;      /* 1: latents are as their priors have them, under the model standard; 0: raw */
    int32_t       temperature_count; /* 0, or the model's levels */
    const double *temperatures;  /* of samples, one for each level, the finest first, instead of the argument */
    const float  *condition;     /* of a conditional model: B rows, or one for all; of classes one-hot rows */
    size_t        condition_length;
} flow_call;

/**
 * How a model is trained; the loss is the mean bits per dimension of a batch.  0 stands for the default, which a table
 * (a model of continuous data) may have of its own; a negative number for 0 where 0 is a value.
 */
typedef struct flow_trainer_options {
    uint32_t struct_size;
    int32_t  batch;              /* images of one update, 1 to 65536; 64, of a table 256 */
    int32_t  optimizer;          /* FLOW_OPTIMIZER_... */
    int32_t  schedule;           /* FLOW_SCHEDULE_..., after the warm-up */
    int32_t  activations;        /* FLOW_ACTIVATIONS_... */
    int32_t  flip;               /* 1: images of a data set are mirrored at random */
    double   learning_rate;      /* 0.001 */
    double   beta1, beta2;       /* 0.9 and 0.999 */
    double   epsilon;            /* 1e-8 */
    double   weight_decay;
    double   clip;               /* largest norm of the gradient; 1, negative = none */
    double   ema_decay;          /* of the moving average of the weights; 0.999, of a table 0.99, negative = none */
    int64_t  warmup_images;      /* over which the learning rate rises; those of 100 updates, or a tenth of total_images; negative = none */
    int64_t  total_images;       /* where the schedule ends; 0 = never */
    uint64_t seed;               /* of order, noise and mirroring */
    int32_t  read_every;         /* updates between two readings of their losses, at most; 1 on the CPU, else 20 */
    int32_t  reserved;           /* 0 */
    double   final_learning_rate; /* at the end of a schedule that falls; 0 */
    int32_t  shards;             /* parts of a batch whose gradients are summed as a binary tree, a power of two; 1 */
    int32_t  reserved2;          /* 0 */
} flow_trainer_options;

/** Where a training stands, and its last update. */
typedef struct flow_metrics {
    uint32_t struct_size;
    int32_t  was_skipped;        /* 1: loss or gradient was not finite, and nothing was changed */
    int64_t  updates;            /* begun, skipped ones among them */
    int64_t  skipped;
    int64_t  images;             /* seen */
    int64_t  epoch;              /* passes over the data set begun, from 0; 0 without a data set */
    int64_t  updates_per_epoch;  /* 0 without a data set */
    double   bits_per_dim;       /* mean over the batch before the update */
    double   gradient_norm;      /* before clipping */
    double   learning_rate;
    char     skipped_because[128]; /* what was not finite at the last skipped update; empty if none was skipped */
} flow_metrics;

/** Is told of every update, on the thread that called; anything but 0 stops with FLOW_CANCELLED. */
typedef int32_t (*flow_step_done)(const flow_metrics *metrics, void *user);

/* --- The library ------------------------------------------------------------------------------------------- */

/** The ABI the library was built with; compare to FLOW_ABI_VERSION. */
FLOW_API uint32_t flow_abi_version(void);

/** The release, such as "1.0.0". */
FLOW_API const char *flow_version(void);

/** The instruction set in use: "x86-64-v4" (AVX-512), "x86-64-v3" (AVX2), or the platform's name. */
FLOW_API const char *flow_instruction_set(void);

/** The last failure on this thread, one line of UTF-8; empty if there was none; valid until the next call here. */
FLOW_API const char *flow_last_error(void);

/** What a status means, in a few words; never NULL, whatever the number. */
FLOW_API const char *flow_status_text(flow_status status);

/**
 * What there is to choose, as JSON: the kinds of models with their options, ranges, defaults and help texts, the transforms
 * of the kind "transforms", and how a model is trained.
 *
 * @param json            receives the text, NUL-terminated; NULL to ask for its length.
 * @param capacity_bytes  room at json; too little gives FLOW_INVALID_ARGUMENT, and only length_bytes is written.
 * @param length_bytes    receives the length, the NUL among it.
 */
FLOW_API flow_status flow_describe(char *json, size_t capacity_bytes, size_t *length_bytes);

/* --- Devices ----------------------------------------------------------------------------------------------- */

/** The number of devices of this machine: the CPU is number 0, then come CUDA's, OpenCL's and the emulator. */
FLOW_API flow_status flow_device_count(int32_t *count);

/** Describes device number index. */
FLOW_API flow_status flow_device_get(int32_t index, flow_device *device);

/**
 * The memory of device number index.  A driver of OpenCL does not tell what is free: there it is what models of this
 * process have not allocated.
 */
FLOW_API flow_status flow_device_memory(int32_t index, int64_t *free_bytes, int64_t *total_bytes);

/* --- Models ------------------------------------------------------------------------------------------------ */

/**
 * A model with random weights.  Before anything else it is initialized on data: by flow_model_initialize, or by the
 * first flow_trainer_run.
 *
 * @param name     "glow" and "realnvp", of images; of vectors "maf" and "iaf" (masked and inverse autoregressive flows:
 *                 the first has fast densities, the second fast samples), "nice", "dense-glow" and
 *                 "nsf" (neural spline flow).  flow_model_create_json takes more options of them, and "transforms", a
 *                 list of transforms.
 * @param options  its sizes.
 * @param device   NULL for the best device.
 * @param model    receives the model.
 */
FLOW_API flow_status flow_model_create(
    const char *name, const flow_model_options *options, const flow_device_options *device, flow_model **model);

/**
 * A model with random weights, described by JSON: its kind, its channels (of images height and width, too), and what is to
 * differ from the defaults of the kind.  Every option of every kind has a name here, the list of a model of the kind
 * "transforms" among them:
 *
 *     {"model": "transforms", "channels": 4, "transforms": [{"type": "actnorm"}, {"type": "permutation"},
 *      {"type": "affine_coupling", "hidden": 64}], "condition": {"classes": 3}}
 *
 * @param json    NUL-terminated UTF-8.
 * @param seed    of the first weights.
 * @param device  NULL for the best device.
 * @param model   receives the model.
 */
FLOW_API flow_status flow_model_create_json(
    const char *json, uint64_t seed, const flow_device_options *device, flow_model **model);

/** A model from a checkpoint file.  path is UTF-8, NUL-terminated; device NULL for the best. */
FLOW_API flow_status flow_model_load(const char *path, const flow_device_options *device, flow_model **model);

/** A model from a checkpoint in memory, which is not needed after the call. */
FLOW_API flow_status flow_model_load_memory(
    const void *bytes, size_t length_bytes, const flow_device_options *device, flow_model **model);

/**
 * A model of a flow that another library trained; flow_model_save makes a checkpoint of it.  What cannot be brought over gives
 * FLOW_UNSUPPORTED and a line that names the module, its place and what would be needed.
 *
 * @param weights       the flow's state dict, a safetensors file in memory, of flowjax its Equinox file; not needed after the call.
 * @param length_bytes  its length.
 * @param library       "zuko", "nflows", "normflows" or "flowjax".
 * @param description   what the flow is, as JSON: NUL-terminated UTF-8; docs/foreign-flows.md says how to write it.
 * @param device        NULL for the best device.
 * @param model         receives the model.
 */
FLOW_API flow_status flow_model_import(
    const void *weights, size_t length_bytes, const char *library, const char *description,
    const flow_device_options *device, flow_model **model);

/** Writes a checkpoint file, whole or not at all. */
FLOW_API flow_status flow_model_save(const flow_model *model, const char *path);

/**
 * Writes a checkpoint to memory.
 *
 * @param bytes           NULL to ask for the length.
 * @param capacity_bytes  room at bytes; too little gives FLOW_INVALID_ARGUMENT and writes length_bytes alone.
 * @param length_bytes    receives the length of the checkpoint.
 */
FLOW_API flow_status flow_model_save_memory(
    const flow_model *model, void *bytes, size_t capacity_bytes, size_t *length_bytes);

/** Releases a model; calls that use it end first.  NULL is allowed, and so is a second time. */
FLOW_API void flow_model_free(flow_model *model);

/** Describes a model. */
FLOW_API flow_status flow_model_get_info(const flow_model *model, flow_model_info *info);

/** The options of a model as JSON, which flow_model_create_json reads; the arguments are those of flow_describe. */
FLOW_API flow_status flow_model_get_json(
    const flow_model *model, char *json, size_t capacity_bytes, size_t *length_bytes);

/**
 * The memory that a batch takes beside the weights and the optimizer, in bytes, on the device the model is on.
 *
 * @param batch      images at once, 1 to 65536 and at most 2^31 - 1 values.
 * @param inference  receives that of a call for log densities.
 * @param store      that of a training step with FLOW_ACTIVATIONS_STORE.
 * @param invert     that of one with FLOW_ACTIVATIONS_INVERT.
 */
FLOW_API flow_status flow_model_memory(
    const flow_model *model, int32_t batch, int64_t *inference, int64_t *store, int64_t *invert);

/**
 * Does now what the first call for densities or latents of a batch has to do beside computing, so that no call is slower than
 * the next: it derives what the weights are used as, lays out the memory of the batch, and makes the kernels of a GPU ready.
 * That is needed again after the weights change.
 *
 * @param batch  images at once, 1 to 65536.  A call of more than flow_call.batch images has batches of so many, and one of
 *               what is left.
 */
FLOW_API flow_status flow_model_prepare(const flow_model *model, int32_t batch);

/** The shape of the latent that leaves at a level, 0 to levels - 1; the products of all shapes add up to D. */
FLOW_API flow_status flow_model_latent_shape(const flow_model *model, int32_t level, flow_shape *shape);

/** Data-dependent initialization of a new model on a batch of scaled images, at most 65536. */
FLOW_API flow_status flow_model_initialize(
    flow_model *model, const float *images, size_t length, const flow_call *call);

/* --- Inference: of any number of images -------------------------------------------------------------------- */

/** Grey levels to scaled images with the noise of flow_model_log_prob_u8. */
FLOW_API flow_status flow_model_dequantize(
    const flow_model *model, const uint8_t *levels, size_t length, uint64_t seed, uint32_t first_index,
    const flow_call *call, float *images, size_t images_length);

/**
 * Log densities of scaled images, in nats.
 *
 * @param images           B * D floats, scaled to [-0.5, 0.5).
 * @param length           of images.
 * @param call             NULL for host memory.
 * @param log_prob         receives B numbers; -infinity (in device memory NaN) for a datum so far out that its latents
 *                         leave the range of float.
 * @param log_prob_length  B.
 */
FLOW_API flow_status flow_model_log_prob(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/**
 * Log densities of images in grey levels, dequantized with uniform noise, in nats.
 *
 * @param levels       B * D grey levels below bins.
 * @param seed         of the noise.
 * @param first_index  of the first image: the noise of an image depends only on seed and index.
 */
FLOW_API flow_status flow_model_log_prob_u8(
    const flow_model *model, const uint8_t *levels, size_t length, uint64_t seed, uint32_t first_index,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/** Bits per dimension of each of B scaled images. */
FLOW_API flow_status flow_model_bits_per_dim(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, double *bits, size_t bits_length);

/** Bits per dimension of each of B images in grey levels, as flow_model_log_prob_u8. */
FLOW_API flow_status flow_model_bits_per_dim_u8(
    const flow_model *model, const uint8_t *levels, size_t length, uint64_t seed, uint32_t first_index,
    const flow_call *call, double *bits, size_t bits_length);

/**
 * Scaled images to latents: (B, D), of each image the latents of all levels in order, each flattened (h, w, c).
 */
FLOW_API flow_status flow_model_forward(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, float *latents, size_t latents_length);

/**
 * Scaled images to one array per level, (B, h, w, c) of flow_model_latent_shape.
 *
 * @param levels         an array for each level.
 * @param level_lengths  their lengths.
 * @param level_count    the model's levels.
 */
FLOW_API flow_status flow_model_forward_levels(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, float *const *levels, const size_t *level_lengths, size_t level_count);

/** Latents as flow_model_forward gives them to scaled images. */
FLOW_API flow_status flow_model_inverse(
    const flow_model *model, const float *latents, size_t latents_length,
    const flow_call *call, float *images, size_t length);

/** Latents as flow_model_forward_levels gives them to scaled images. */
FLOW_API flow_status flow_model_inverse_levels(
    const flow_model *model, const float *const *levels, const size_t *level_lengths, size_t level_count,
    const flow_call *call, float *images, size_t length);

/** Forward and inverse: of each of B scaled images the largest absolute difference that the round trip leaves. */
FLOW_API flow_status flow_model_round_trip(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, double *largest, size_t largest_length);

/**
 * Draws scaled images.
 *
 * @param count        how many; 0 to 2^32 - 1.
 * @param temperature  scales the latent noise: 1 draws from the model, less gives likelier images.
 * @param seed         image i of a seed is always the same.
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
 * Log densities of scaled images under every class of a model that is conditional on classes, in nats.  With the
 * logarithms of the classes' frequencies added, the largest of an image is the answer of the classifier by Bayes' rule.
 *
 * @param log_prob         receives B * classes numbers.
 * @param log_prob_length  of log_prob.
 */
FLOW_API flow_status flow_model_class_log_prob(
    const flow_model *model, const float *images, size_t length,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/** The same of images in grey levels, with one draw of noise for all classes, as flow_model_log_prob_u8. */
FLOW_API flow_status flow_model_class_log_prob_u8(
    const flow_model *model, const uint8_t *levels, size_t length, uint64_t seed, uint32_t first_index,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/* --- Compression: without loss, by what a model on the CPU knows of its images ------------------------------- */

/**
 * Compresses images.  The file is the same on every machine, and needs this model to be read.
 *
 * @param levels          B * D grey levels below bins.
 * @param length          of levels.
 * @param block           images of a block: more is shorter, fewer is quicker to read one image from; 0 = 100.
 * @param bytes           NULL to ask for a length that is enough.
 * @param capacity_bytes  room at bytes; too little gives FLOW_INVALID_ARGUMENT and writes length_bytes alone.
 * @param length_bytes    receives the length of the file.
 */
FLOW_API flow_status flow_model_compress(
    const flow_model *model, const uint8_t *levels, size_t length, int32_t block,
    void *bytes, size_t capacity_bytes, size_t *length_bytes);

/** Describes a file of compressed images; FLOW_BAD_FORMAT where it is damaged, foreign or newer. */
FLOW_API flow_status flow_compressed_get_info(const void *bytes, size_t length_bytes, flow_compressed *info);

/**
 * Decompresses images; the blocks that they are not in are not looked at.  Another model gives FLOW_INVALID_ARGUMENT, a
 * damaged block FLOW_BAD_FORMAT.
 *
 * @param bytes         the file.
 * @param length_bytes  of the file.
 * @param first         the number of the first image.
 * @param levels        receives as many images as length says.
 * @param length        a multiple of D.
 */
FLOW_API flow_status flow_model_decompress(
    const flow_model *model, const void *bytes, size_t length_bytes, int64_t first, uint8_t *levels, size_t length);

/* --- Parameters -------------------------------------------------------------------------------------------- */

/** Describes array number index, 0 to tensors - 1. */
FLOW_API flow_status flow_model_parameter(const flow_model *model, int64_t index, flow_parameter *parameter);

/** Copies the trained values, parameters_length floats, out of the model. */
FLOW_API flow_status flow_model_read_parameters(const flow_model *model, float *values, size_t length);

/** Replaces the trained values; all are finite.  The model counts as initialized then. */
FLOW_API flow_status flow_model_write_parameters(flow_model *model, const float *values, size_t length);

/** Copies the constants, constants_length floats, out of the model: permutations and signs. */
FLOW_API flow_status flow_model_read_constants(const flow_model *model, float *values, size_t length);

/** Replaces the constants; each is a permutation or 1 and -1, as its name says. */
FLOW_API flow_status flow_model_write_constants(flow_model *model, const float *values, size_t length);

/* --- Gradients, for optimizers and automatic differentiation outside --------------------------------------- */

/**
 * Room for one forward pass over a fixed number of images and its gradients.
 *
 * @param batch        images, 1 to 65536.
 * @param activations  FLOW_ACTIVATIONS_...
 * @param tape         receives the tape.
 */
FLOW_API flow_status flow_tape_create(flow_model *model, int32_t batch, int32_t activations, flow_tape **tape);

/** Log densities of batch scaled images, with what flow_tape_backward needs kept. */
FLOW_API flow_status flow_tape_forward(
    flow_tape *tape, const float *images, size_t length,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/**
 * The gradients of sum_b g_b log_prob_b, once per forward pass and before the weights change.
 *
 * @param d_log_prob         g, batch numbers.
 * @param d_images           receives the gradient of the images; NULL with length 0 if not wanted.
 * @param d_parameters       receives that of the parameters, laid out as they are; NULL with length 0 likewise.
 */
FLOW_API flow_status flow_tape_backward(
    flow_tape *tape, const double *d_log_prob, size_t d_log_prob_length, const flow_call *call,
    float *d_images, size_t d_images_length, float *d_parameters, size_t d_parameters_length);

/** Releases a tape.  NULL is allowed. */
FLOW_API void flow_tape_free(flow_tape *tape);

/* --- Training ---------------------------------------------------------------------------------------------- */

/** A trainer that is handed its batches: flow_trainer_step and flow_trainer_step_u8. */
FLOW_API flow_status flow_trainer_create(
    flow_model *model, const flow_trainer_options *options, flow_trainer **trainer);

/**
 * A trainer over a data set in memory, which is copied: flow_trainer_run.
 *
 * @param levels   N images in grey levels 0 to bins - 1.
 * @param length   N * D.
 * @param options  NULL for the defaults; a batch is no larger than the data set.
 */
FLOW_API flow_status flow_trainer_create_on(
    flow_model *model, const uint8_t *levels, size_t length, const flow_trainer_options *options,
    flow_trainer **trainer);

/** One update on a batch of scaled images.  metrics may be NULL; progress is not used. */
FLOW_API flow_status flow_trainer_step(
    flow_trainer *trainer, const float *images, size_t length, const flow_call *call, flow_metrics *metrics);

/** One update on a batch in grey levels, dequantized with noise of its own. */
FLOW_API flow_status flow_trainer_step_u8(
    flow_trainer *trainer, const uint8_t *levels, size_t length, const flow_call *call, flow_metrics *metrics);

/**
 * Updates on the data set; a new model is initialized on the first batch.
 *
 * @param updates  how many.
 * @param done     told of each; NULL for nobody.
 * @param user     handed to done.
 * @param metrics  receives where the training stands; may be NULL.
 */
FLOW_API flow_status flow_trainer_run(
    flow_trainer *trainer, int64_t updates, flow_step_done done, void *user, flow_metrics *metrics);

/** Changes the learning rate from the next update on; warm-up and schedule still scale it. */
FLOW_API flow_status flow_trainer_set_learning_rate(flow_trainer *trainer, double learning_rate);

/** Where the training stands. */
FLOW_API flow_status flow_trainer_get_metrics(flow_trainer *trainer, flow_metrics *metrics);

/** Writes what flow_trainer_resume needs: weights, moments, moving average, position. */
FLOW_API flow_status flow_trainer_save(flow_trainer *trainer, const char *path);

/**
 * Goes on where flow_trainer_save left off, to the bit.  The trainer is new and has the same options, data set and
 * architecture; its model comes from a checkpoint saved at the same time, which holds the constants.
 */
FLOW_API flow_status flow_trainer_resume(flow_trainer *trainer, const char *path);

/** A copy of the model with the moving average of the weights: what is to be used and saved. */
FLOW_API flow_status flow_trainer_snapshot(flow_trainer *trainer, flow_model **model);

/** Releases a trainer.  NULL is allowed. */
FLOW_API void flow_trainer_free(flow_trainer *trainer);

/* --- What a model knows of its data ------------------------------------------------------------------------- */

/**
 * What a checkpoint says of the data of its model, as JSON.  Of a table: "name", "kind" ("table"), "columns" (of each
 * "name", "mean", "deviation", and "left_out" where the model does not see it: "constant" or "copy"), "logit" ("lambda",
 * "low", "high"), "condition" (with "columns" of its own), "label", "split_seed".  Of images: "name", "kind" ("images"),
 * "height", "width", "channels", "levels", "range", "bins", "scaling", "padding".  Of both "classes", in the order of their
 * numbers, with "name" and "count".  "null" where the checkpoint says nothing.
 *
 * @param json            receives the text and a NUL; NULL to ask for the length.
 * @param capacity_bytes  room at json; too little gives FLOW_INVALID_ARGUMENT, and only length_bytes is written.
 * @param length_bytes    receives the length of the text with its NUL.
 */
FLOW_API flow_status flow_model_schema(
    const flow_model *model, char *json, size_t capacity_bytes, size_t *length_bytes);

/**
 * Tells a model what its data are; its checkpoints will say so.
 *
 * @param json          as flow_model_schema gives it; only names and numbers that the model needs have to be there.
 * @param length_bytes  of json, without a NUL.
 */
FLOW_API flow_status flow_model_set_schema(flow_model *model, const char *json, size_t length_bytes);

/**
 * The class by Bayes' rule of log densities under every class, with the counts of the schema as prior (all classes alike
 * where it has none).
 *
 * @param class_log_prob  B * classes numbers, of flow_model_class_log_prob.
 * @param classes         receives B numbers of classes: "name" of the schema says which those are.
 * @param probability     receives B * classes numbers.
 */
FLOW_API flow_status flow_model_classify(
    const flow_model *model, const double *class_log_prob, size_t length, int32_t *classes, size_t classes_length,
    double *probability, size_t probability_length);

/**
 * Rows in the units of their table to what the model sees.
 *
 * @param rows     B * table_columns numbers, the columns in the order of the schema, those left out among them.
 * @param values   receives B * D floats, for every function that takes images.
 * @param log_det  receives B numbers: what the log density of values needs added to be that of rows, nats.
 */
FLOW_API flow_status flow_model_rows_scale(
    const flow_model *model, const double *rows, size_t length, float *values, size_t values_length,
    double *log_det, size_t log_det_length);

/**
 * What a conditional model is given to what flow_call takes as condition.
 *
 * @param given      table_condition_columns numbers for each row, in the units of the table; of classes the number of one
 *                   for each row.
 * @param condition  receives condition_columns, or classes, numbers for each row.
 */
FLOW_API flow_status flow_model_condition(
    const flow_model *model, const double *given, size_t given_length, float *condition, size_t condition_length);

/** What the model gives to rows in the units of their table; columns left out come back. */
FLOW_API flow_status flow_model_rows_restore(
    const flow_model *model, const float *values, size_t values_length, double *rows, size_t length);

/**
 * Log densities of B rows in the units of their table, in nats.
 *
 * @param rows   as for flow_model_rows_scale.
 * @param given  as for flow_model_condition, for each row or once for all; NULL for a model that is not conditional.
 */
FLOW_API flow_status flow_model_rows_log_prob(
    const flow_model *model, const double *rows, size_t length, const double *given, size_t given_length,
    const flow_call *call, double *log_prob, size_t log_prob_length);

/** The class of each of B rows in the units of their table, and the probabilities of all, as flow_model_classify. */
FLOW_API flow_status flow_model_rows_predict(
    const flow_model *model, const double *rows, size_t length, const flow_call *call, int32_t *classes,
    size_t classes_length, double *probability, size_t probability_length);

/** Draws rows in the units of their table.  Arguments as for flow_model_sample and flow_model_rows_log_prob. */
FLOW_API flow_status flow_model_rows_sample(
    const flow_model *model, int64_t count, const double *given, size_t given_length, double temperature, uint64_t seed,
    const flow_call *call, double *rows, size_t length);

/** Scaled images of data_height x data_width to the size the model takes, in the middle of values of grey level 0. */
FLOW_API flow_status flow_model_pad(
    const flow_model *model, const float *images, size_t length, float *padded, size_t padded_length);

/** The same of images in grey levels. */
FLOW_API flow_status flow_model_pad_u8(
    const flow_model *model, const uint8_t *levels, size_t length, uint8_t *padded, size_t padded_length);

/** Images as the model gives them to data_height x data_width. */
FLOW_API flow_status flow_model_crop(
    const flow_model *model, const float *padded, size_t padded_length, float *images, size_t length);

/** The same of images in grey levels. */
FLOW_API flow_status flow_model_crop_u8(
    const flow_model *model, const uint8_t *padded, size_t padded_length, uint8_t *levels, size_t length);

/**
 * Log densities of B scaled images, or of B rows of floats as the model sees them, and their gradients: for Hamiltonian
 * samplers, optimizers and attributions.  Arguments as for flow_model_log_prob.
 *
 * @param d_images     receives d log_prob_b / d image_b, as many numbers as images.
 * @param d_condition  receives that of the condition, condition_columns (or classes) numbers for each image; NULL with
 *                     length 0 if not wanted.
 */
FLOW_API flow_status flow_model_log_prob_gradient(
    const flow_model *model, const float *images, size_t length, const flow_call *call, double *log_prob,
    size_t log_prob_length, float *d_images, size_t d_images_length, float *d_condition, size_t d_condition_length);

/**
 * The same of B rows in the units of their table.  Arguments as for flow_model_rows_log_prob.
 *
 * @param d_rows   receives d log_prob_b / d row_b, as many numbers as rows; 0 in columns the model does not see.
 * @param d_given  receives that of what is given, table_condition_columns numbers for each row; NULL with length 0 if not
 *                 wanted.  Classes have no gradient.
 */
FLOW_API flow_status flow_model_rows_log_prob_gradient(
    const flow_model *model, const double *rows, size_t length, const double *given, size_t given_length,
    const flow_call *call, double *log_prob, size_t log_prob_length, double *d_rows, size_t d_rows_length,
    double *d_given, size_t d_given_length);

#ifdef __cplusplus
}
#endif

#endif /* FLOWENGINE_H */

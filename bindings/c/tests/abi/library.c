/* What the library says of itself and of its devices; the sizes of structs. */
#include "abi.h"

#include <string.h>

#if defined(__cplusplus)
#  define ASSERT_SIZE(type, size) static_assert(sizeof(type) == (size), #type)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#  define ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#else
#  define ASSERT_SIZE(type, size) typedef char size_of_##type[sizeof(type) == (size) ? 1 : -1]
#endif

/* Sizes of 64-bit ABIs; what the library was compiled with is compared by every call that takes the struct. */
ASSERT_SIZE(flow_status, 4);
ASSERT_SIZE(flow_device_options, 20);
ASSERT_SIZE(flow_device, 120);
ASSERT_SIZE(flow_model_options, 88);
ASSERT_SIZE(flow_model_info, 184);
ASSERT_SIZE(flow_compressed, 104);
ASSERT_SIZE(flow_shape, 12);
ASSERT_SIZE(flow_parameter, 224);
ASSERT_SIZE(flow_call, 72);
ASSERT_SIZE(flow_trainer_options, 128);
ASSERT_SIZE(flow_communicator, 40);
ASSERT_SIZE(flow_metrics, 200);
ASSERT_SIZE(flow_detector_options, 32);
ASSERT_SIZE(flow_detector_info, 48);

void test_library(void)
{
    int32_t count = 0, i;
    int64_t unused, whole;
    flow_device device;
    static const flow_status all[] = { FLOW_OK, FLOW_INVALID_ARGUMENT, FLOW_OUT_OF_MEMORY, FLOW_IO, FLOW_BAD_FORMAT,
                                       FLOW_NO_DEVICE, FLOW_CANCELLED, FLOW_DEVICE_FAILED, FLOW_UNSUPPORTED,
                                       FLOW_INTERNAL };
    CHECK(flow_abi_version() == FLOW_ABI_VERSION);
    CHECK(strlen(flow_version()) >= 5);
    CHECK(strlen(flow_instruction_set()) > 0);
    CHECK(flow_last_error() != NULL);
    for (i = 0; i < (int32_t)(sizeof all / sizeof *all); i++)
        CHECK(strlen(flow_status_text(all[i])) > 0 && strcmp(flow_status_text(all[i]), flow_status_text(12345)) != 0);

    OK(flow_device_count(&count));
    CHECK(count >= 1);
    INVALID(flow_device_count(NULL));
    memset(&device, 0, sizeof device);
    INVALID(flow_device_get(0, &device));
    device.struct_size = sizeof device;
    OK(flow_device_get(0, &device));
    CHECK(device.backend == FLOW_BACKEND_CPU && device.cores >= 1 && device.memory_bytes > 0);
    CHECK(strcmp(device.instruction_set, flow_instruction_set()) == 0);
    for (i = 1; i < count; i++) {
        OK(flow_device_get(i, &device));
        CHECK(device.backend > FLOW_BACKEND_CPU && device.backend <= FLOW_BACKEND_EMULATOR);
        CHECK(device.memory_bytes > 0 && device.cores >= 1 && device.name[0] != '\0');
    }
    CHECK(device.backend == FLOW_BACKEND_EMULATOR);
    for (i = 0; i < count; i++) {
        OK(flow_device_memory(i, &unused, &whole));
        CHECK(whole > 0 && unused > 0 && unused <= whole);
    }
    INVALID(flow_device_get(count, &device));
    INVALID(flow_device_get(-1, &device));
    INVALID(flow_device_memory(count, &unused, &whole));
    INVALID(flow_device_memory(0, NULL, &whole));
    INVALID(flow_device_memory(0, &unused, NULL));
}

/* Callers that were compiled with the header of FLOW_ABI_VERSION 1. */
void test_version_1(flow_model *model)
{
    static const uint32_t options_sizes[] = { 48, 80 }, info_sizes[] = { 136, 140, 168 };
    static const char says[] = "made for FLOW_ABI_VERSION 1, this library has 2; recompile it";
    unsigned char bytes[256];
    flow_model *none = (flow_model *)1;
    uint32_t zero = 0;
    size_t i;

    CHECK(flow_abi_version() == 2 && FLOW_ABI_VERSION == 2);
    for (i = 0; i < sizeof options_sizes / sizeof *options_sizes; i++) {
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes, &options_sizes[i], sizeof zero);
        INVALID(flow_model_create("maf", (const flow_model_options *)(const void *)bytes, NULL, &none));
        CHECK(none == NULL && strstr(flow_last_error(), says) != NULL);
    }
    for (i = 0; i < sizeof info_sizes / sizeof *info_sizes; i++) {
        memset(bytes, 77, sizeof bytes);
        memcpy(bytes, &info_sizes[i], sizeof zero);
        INVALID(flow_model_get_info(model, (flow_model_info *)(void *)bytes));
        CHECK(strstr(flow_last_error(), says) != NULL && bytes[4] == 77);
    }
}

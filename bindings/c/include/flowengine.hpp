/*
 * FlowEngine in C++17, over flowengine.h, whose conventions hold: arrays, units, threads, children of fork.  Header only.
 *
 *     flowengine::Model model = flowengine::Model::load("checkpoint.safetensors");
 *     std::vector<double> nats = model.log_prob(rows);           // of a std::vector<float>
 *
 * Errors     A failure throws flowengine::Error.  A function that is handed a Status as its last argument writes it there
 *            and does not throw; then what it returns is empty, zero or unspecified.  Where exceptions are off, a call without
 *            a Status does not compile.  Only the standard library's own allocations throw beside that.
 * Handles    Model, Tape, Trainer and Detector own what they stand for.  They are moved, not copied; an empty one is refused
 *            by every call.
 * Arrays     A span is borrowed for the call and made of anything with data() and size(), of an array, or of pointer and length.
 *            B is a number of data (images or rows), D the values of one.
 * Structs    ModelOptions, DeviceOptions and the others are those of flowengine.h, zero at first: zero is the default.
 * Callbacks  Are noexcept, since they are called from C.  One that returns false stops its call with FLOW_CANCELLED.
 */
#ifndef FLOWENGINE_HPP
#define FLOWENGINE_HPP

#include "flowengine/detector.hpp"
#include "flowengine/model.hpp"
#include "flowengine/training.hpp"

#endif // FLOWENGINE_HPP

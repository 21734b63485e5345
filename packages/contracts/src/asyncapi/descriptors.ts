import { readFileSync } from 'node:fs';
import { createFileRegistry, type DescField, type DescFile, type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

// Field numbers of descriptor.proto that make up a path to a comment: see SourceCodeInfo.Location.path.
const messageOfFile = 4;
const nestedOfMessage = 3;
const fieldOfMessage = 2;

/** All messages of the platform with the comments of their `.proto` files, as `buf build` left them. */
export const loadDescriptors = () => {
  const bytes = readFileSync(new URL('../../generated/descriptors.binpb', import.meta.url));
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
};

/** The comment above a message or a field in its `.proto`, on one line. */
export const commentOf = (subject: DescMessage | DescField): string | undefined => {
  const path =
    subject.kind === 'message' ? pathOf(subject) : [...pathOf(subject.parent), fieldOfMessage, indexOf(subject)];
  return commentsOf(subject.kind === 'message' ? subject.file : subject.parent.file).get(path.join('.'));
};

const pathOf = (message: DescMessage): number[] =>
  message.parent
    ? [...pathOf(message.parent), nestedOfMessage, message.parent.nestedMessages.indexOf(message)]
    : [messageOfFile, message.file.messages.indexOf(message)];

const indexOf = (field: DescField): number => field.parent.fields.indexOf(field);

const cache = new WeakMap<DescFile, Map<string, string>>();

const commentsOf = (file: DescFile): Map<string, string> => {
  const known = cache.get(file);
  if (known) return known;
  const comments = new Map<string, string>();
  for (const location of file.proto.sourceCodeInfo?.location ?? []) {
    if (location.leadingComments)
      comments.set(location.path.join('.'), location.leadingComments.trim().replace(/\s+/g, ' '));
  }
  cache.set(file, comments);
  return comments;
};

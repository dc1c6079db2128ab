export { jobIntake } from './definition';
export { JobIntakeModule } from './job-intake.module';

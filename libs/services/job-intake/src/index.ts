export { JobIntakeModule } from './job-intake.module';
